"""Serializers of plans and subscriptions."""

from typing import Any, Literal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.api.examples import example
from foundation.money import quantised
from foundation.orm.key import in_json
from subscriptions.api.timestamps import cancelled_at, created_at
from subscriptions.models import (
    Plan,
    Subscription,
    SubscriptionEvent,
)

PLAN = {"id": 1, "name": "Monthly", "price": "9.90", "currency": "EUR", "duration_days": 30, "duration_months": 1}
SUBSCRIPTION = {
    "id": 42,
    "plan": PLAN,
    "next_plan": None,
    "status": "active",
    "live": True,
    "trial": False,
    "start_date": "2026-12-01T09:30:00Z",
    "end_date": "2026-12-31T09:30:00Z",
    "grace_until": None,
    "user_id": 7,
    "created_at": "2026-12-01T09:30:00Z",
    "cancelled_at": None,
    "expired_at": None,
    "external_id": "crm-4711",
    "metadata": {"campaign": "autumn"},
}
INSTANT = serializers.DateTimeField()
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
    next_plan = serializers.PrimaryKeyRelatedField[Plan](
        read_only=True, allow_null=True, help_text="id of the plan that the next renewal changes to"
    )
    live = serializers.SerializerMethodField(help_text="whether it gives access")
    user_id = serializers.SerializerMethodField(help_text="whose it is")
    created_at = serializers.SerializerMethodField(help_text="when it was created")
    cancelled_at = serializers.SerializerMethodField(
        help_text="when it was cancelled, unless it was resumed or renewed since"
    )
    expired_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="when the sweep ended it")
    grace_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="while a payment is late, access goes on until then"
    )
    metadata = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Subscription
        fields = [
            "id",
            "plan",
            "next_plan",
            "status",
            "live",
            "trial",
            "start_date",
            "end_date",
            "grace_until",
            "user_id",
            "created_at",
            "cancelled_at",
            "expired_at",
            "external_id",
            "metadata",
        ]
        read_only_fields = fields

    def get_user_id(self, subscription: Subscription) -> int | str:
        return in_json(subscription.user_id)

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_created_at(self, subscription: Subscription) -> str | None:
        return INSTANT.to_representation(created_at(subscription))

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_cancelled_at(self, subscription: Subscription) -> str | None:
        at = cancelled_at(subscription)
        return INSTANT.to_representation(at) if at else None

    def get_live(self, subscription: Subscription) -> bool:
        return subscription.is_live(self.context["now"])


class EventSerializer(serializers.ModelSerializer[SubscriptionEvent]):
    """One transition. `by` names nobody: operators stay unnamed to subscribers."""

    by = serializers.SerializerMethodField()
    price = PriceField()

    class Meta:
        model = SubscriptionEvent
        fields = ["transition", "occurred_at", "by", "reason", "old_end_date", "new_end_date", "price", "currency"]
        read_only_fields = fields

    def get_by(self, event: SubscriptionEvent) -> Literal["subscriber", "operator", "system"]:
        return event.asked_by(self.context["owner"])


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
