"""Serializers of plans and subscriptions."""

from typing import Any, Literal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.api.examples import example
from foundation.api.serializers import AmountField, IdField, StrictSerializer, TextField, WholeNumberField
from foundation.money import quantised
from subscriptions.models import REASON_LENGTH, Plan, Subscription, SubscriptionEvent

PLAN = {"id": 1, "name": "Monthly", "price": "9.90", "currency": "EUR", "duration_days": 30, "duration_months": 1}
SUBSCRIPTION = {
    "id": 42,
    "plan": PLAN,
    "status": "active",
    "live": True,
    "start_date": "2026-12-01T09:30:00Z",
    "end_date": "2026-12-31T09:30:00Z",
}
EVENT = {
    "transition": "created",
    "occurred_at": "2026-12-01T09:30:00Z",
    "by": "subscriber",
    "reason": "",
    "old_end_date": None,
    "new_end_date": "2026-12-31T09:30:00Z",
    "price": "9.90",
    "currency": "EUR",
}


@extend_schema_field({"type": "string", "format": "decimal", "pattern": r"^[0-9]{1,8}(\.[0-9]{1,3})?$"})
class PriceField(serializers.Field[Any, Any, str, Any]):
    """A price, as a decimal number in a text with the decimals of its currency."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, priced: Plan | SubscriptionEvent) -> str:
        return str(quantised(priced.price, priced.currency))


@example(PLAN)
class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A plan. The price is for one period, as a decimal number in a text."""

    price = PriceField()

    class Meta:
        model = Plan
        fields = ["id", "name", "price", "currency", "duration_days", "duration_months"]
        read_only_fields = fields


@example(SUBSCRIPTION)
class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    """A subscription and its present state."""

    plan = PlanSerializer(read_only=True)
    live = serializers.SerializerMethodField(help_text="whether it gives access")

    class Meta:
        model = Subscription
        fields = ["id", "plan", "status", "live", "start_date", "end_date"]
        read_only_fields = fields

    def get_live(self, subscription: Subscription) -> bool:
        return subscription.expired_at is None and subscription.end_date > self.context["now"]


class EventSerializer(serializers.ModelSerializer[SubscriptionEvent]):
    """One transition. `by` names nobody: operators stay unnamed to subscribers."""

    by = serializers.SerializerMethodField()
    price = PriceField()

    class Meta:
        model = SubscriptionEvent
        fields = ["transition", "occurred_at", "by", "reason", "old_end_date", "new_end_date", "price", "currency"]
        read_only_fields = fields

    def get_by(self, event: SubscriptionEvent) -> Literal["subscriber", "operator", "system"]:
        if event.actor_id is None:
            return "system"
        return "subscriber" if event.actor_id == self.context["owner"] else "operator"


@example({**SUBSCRIPTION, "history": [EVENT]})
class SubscriptionDetailSerializer(SubscriptionSerializer):
    """A subscription with the latest of its history, newest first."""

    history = serializers.SerializerMethodField()

    class Meta(SubscriptionSerializer.Meta):
        fields = [*SubscriptionSerializer.Meta.fields, "history"]
        read_only_fields = fields

    @extend_schema_field(EventSerializer(many=True))
    def get_history(self, subscription: Subscription) -> list[dict[str, Any]]:
        latest = subscription.events.order_by("-pk")[:HISTORY_LENGTH]
        context = {**self.context, "owner": subscription.user_id}
        return list(EventSerializer(latest, many=True, context=context).data)


HISTORY_LENGTH = 100
"""Events. Somebody who changes their mind all day must not make an answer that is megabytes long."""


class ExpectedPeriodSerializer(StrictSerializer):
    """Terms that the caller saw, compared before anything is done. Price, status and dates are the server's."""

    expected_price = AmountField(source="price", required=False, help_text="the plan's price, as you saw it")
    expected_currency = TextField(source="currency", required=False, help_text="the plan's currency, as you saw it")
    expected_duration_days = WholeNumberField(
        source="duration_days", required=False, help_text="the plan's duration, as you saw it"
    )
    expected_duration_months = WholeNumberField(
        source="duration_months", required=False, help_text="the plan's months, as you saw them"
    )


@example({"plan": 1, "expected_price": "9.90", "expected_currency": "EUR"})
class SubscribeSerializer(ExpectedPeriodSerializer):
    """Request to subscribe."""

    plan = IdField(help_text="the plan's id")


@example({"expected_end_date": "2026-12-31T09:30:00Z", "expected_price": "9.90"})
class RenewSerializer(ExpectedPeriodSerializer):
    """Request for another period."""

    expected_end_date = serializers.DateTimeField(
        source="end_date",
        required=False,
        help_text="the subscription's end, as you saw it: of two requests that state the same end one adds a period",
    )


@example({"reason": "Too expensive", "when": "period_end"})
class CancelSerializer(StrictSerializer):
    """Request to cancel."""

    reason = TextField(required=False, default="", allow_blank=True, max_length=REASON_LENGTH)
    when = serializers.ChoiceField(
        choices=["period_end", "now"],
        default="period_end",
        help_text="`now` ends access at once and is for operators",
    )


@example({})
class NothingSerializer(StrictSerializer):
    """No body, or an empty object."""
