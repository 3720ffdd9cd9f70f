"""Serializers of what callers ask for."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from foundation.api.examples import example
from foundation.api.serializers import AmountField, FlagField, IdField, StrictSerializer, TextField
from payments.models.refund import REASON_LENGTH
from subscriptions.api.request_serializers import ExpectedPeriodSerializer
from subscriptions.api.users import NamedUserSerializer, UserKeyField


class OrderPlanSerializer(NamedUserSerializer, ExpectedPeriodSerializer):
    """Order of a first period of a plan. `user` is for services."""

    plan = IdField(help_text="the plan's id")
    user = UserKeyField(required=False, help_text="the user who is to pay; left out: you")


class OrderRenewalSerializer(ExpectedPeriodSerializer):
    """Order of another period of a subscription."""

    subscription = IdField(help_text="the subscription's id")
    expected_end_date = serializers.DateTimeField(
        source="end_date", required=False, help_text="the subscription's end, as you saw it"
    )


ORDER_SERIALIZERS: dict[str, type[StrictSerializer]] = {
    "plan": OrderPlanSerializer,
    "subscription": OrderRenewalSerializer,
}
"""By the member that names what is ordered."""

ORDER_REQUEST = PolymorphicProxySerializer(
    component_name="Order", serializers=list(ORDER_SERIALIZERS.values()), resource_type_field_name=None
)


def accept_order(data: Any) -> dict[str, Any]:
    """Return the validated fields. Raises ValidationError, also for two of the members that name what is ordered."""
    named = [name for name in ORDER_SERIALIZERS if isinstance(data, dict) and name in data]
    return ORDER_SERIALIZERS[named[0] if named else "plan"].accept(data)


@example({"amount": "9.90", "reason": "Charged by mistake", "end_now": True})
class RefundPaymentSerializer(StrictSerializer):
    """Request to give a payment back."""

    amount = AmountField(required=False, help_text="part of what is left; left out: all of it")
    reason = TextField(max_length=REASON_LENGTH, help_text="kept with the refund, and with the end of the subscription")
    end_now = FlagField(
        required=False,
        help_text="whether access ends with the refund; left out: it does where all of the running period goes back",
    )
