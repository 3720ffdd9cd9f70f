"""Serializers of orders, payments and refunds."""

from decimal import Decimal
from typing import Any, Protocol

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.api.examples import example
from foundation.money import quantised
from foundation.orm.key import in_json
from payments.models import Order, Payment, Refund

ORDER = {
    "id": 31,
    "kind": "first",
    "state": "open",
    "user_id": 7,
    "plan_id": 1,
    "subscription_id": None,
    "amount": "9.90",
    "currency": "EUR",
    "duration_days": 30,
    "duration_months": 1,
    "period_start": None,
    "opened_at": "2026-12-01T09:30:00Z",
    "finished_at": None,
    "pay_url": "https://subscriptions.example.com/pay/31/",
}
REFUND = {
    "id": 5,
    "payment_id": 12,
    "amount": "9.90",
    "currency": "EUR",
    "reason": "Charged by mistake",
    "end_now": True,
    "state": "requested",
    "code": "",
    "requested_at": "2026-12-02T10:00:00Z",
    "finished_at": None,
}
PAYMENT = {
    "id": 12,
    "kind": "payment",
    "of_id": None,
    "user_id": 7,
    "order_id": 31,
    "subscription_id": 42,
    "amount": "9.90",
    "currency": "EUR",
    "paid_at": "2026-12-01T09:31:00Z",
    "provider": "stripe",
    "transaction_id": "pi_3Q",
    "surplus": False,
    "receipt_url": None,
}


class _Priced(Protocol):
    amount: Decimal
    currency: str


@extend_schema_field({"type": "string", "format": "decimal", "pattern": r"^-?[0-9]{1,8}(\.[0-9]{1,3})?$"})
class MoneyField(serializers.Field[Any, Any, str, Any]):
    """An amount, as a decimal number in a text with the decimals of its currency. Money that went back is negative."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, priced: _Priced) -> str:
        return str(quantised(priced.amount, priced.currency))


@example(ORDER)
class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order: what is to be paid for one period. Its terms are those of the moment at which it was opened."""

    user_id = serializers.SerializerMethodField(help_text="who is to pay")
    plan_id = serializers.IntegerField(read_only=True)
    subscription_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="the one that is renewed, or that the payment began"
    )
    amount = MoneyField()
    pay_url = serializers.SerializerMethodField(help_text="the page on which it is paid; null if it is finished")

    class Meta:
        model = Order
        fields = [
            "id",
            "kind",
            "state",
            "user_id",
            "plan_id",
            "subscription_id",
            "amount",
            "currency",
            "duration_days",
            "duration_months",
            "period_start",
            "opened_at",
            "finished_at",
            "pay_url",
        ]
        read_only_fields = fields

    def get_user_id(self, order: Order) -> int | str:
        return in_json(order.user_id)

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_pay_url(self, order: Order) -> str | None:
        path = reverse("pay", args=[order.pk])
        return self.context["request"].build_absolute_uri(path) if order.is_open else None


@example(REFUND, status_codes=["200", "202"])
class RefundSerializer(serializers.ModelSerializer[Refund]):
    """A refund that was asked for. The provider is asked within a minute; the money is a payment of its own then."""

    payment_id = serializers.IntegerField(read_only=True)
    amount = MoneyField()
    end_now = serializers.BooleanField(
        source="ends_now", read_only=True, help_text="whether access ends when the money has gone back"
    )

    class Meta:
        model = Refund
        fields = [
            "id",
            "payment_id",
            "amount",
            "currency",
            "reason",
            "end_now",
            "state",
            "code",
            "requested_at",
            "finished_at",
        ]
        read_only_fields = fields


@example(PAYMENT)
class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """Money that moved. A refund or a lost dispute is a negative payment `of` the one that came before."""

    of_id = serializers.IntegerField(read_only=True, allow_null=True, help_text="the payment that went back")
    user_id = serializers.SerializerMethodField(help_text="who paid; null where the money names no order")
    order_id = serializers.IntegerField(read_only=True, allow_null=True)
    subscription_id = serializers.IntegerField(read_only=True, allow_null=True)
    amount = MoneyField()
    surplus = serializers.BooleanField(read_only=True, help_text="no order waits for it, so it gave no period")
    receipt_url = serializers.SerializerMethodField(help_text="the provider's receipt, where it makes one")

    class Meta:
        model = Payment
        fields = [
            "id",
            "kind",
            "of_id",
            "user_id",
            "order_id",
            "subscription_id",
            "amount",
            "currency",
            "paid_at",
            "provider",
            "transaction_id",
            "surplus",
            "receipt_url",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": ["integer", "string", "null"]})
    def get_user_id(self, payment: Payment) -> int | str | None:
        return in_json(payment.order.user_id) if payment.order else None

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_receipt_url(self, payment: Payment) -> str | None:
        return payment.receipt_url or None


@example({**PAYMENT, "refundable": "9.90", "refunds": []})
class PaymentDetailSerializer(PaymentSerializer):
    """A payment with its refunds, oldest first."""

    refundable = serializers.SerializerMethodField(help_text="what is left to give back")
    refunds = RefundSerializer(many=True, read_only=True)

    class Meta(PaymentSerializer.Meta):
        fields = [*PaymentSerializer.Meta.fields, "refundable", "refunds"]
        read_only_fields = fields

    @extend_schema_field({"type": "string", "format": "decimal"})
    def get_refundable(self, payment: Payment) -> str:
        return str(quantised(self.context["refundable"], payment.currency))
