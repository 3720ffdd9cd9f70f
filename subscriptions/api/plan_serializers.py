"""Serializers of plans for those who may change them."""

from typing import Any

from rest_framework import serializers

from foundation.api.examples import example
from foundation.api.serializers import AmountField, FlagField, StrictSerializer, TextField, WholeNumberField
from subscriptions.api.serializers import PLAN, PlanSerializer
from subscriptions.models import MAXIMUM_DURATION_DAYS
from subscriptions.models.plan import MAXIMUM_DURATION_MONTHS
from subscriptions.models.reminder_days import MAXIMUM_REMINDER_DAYS, MAXIMUM_REMINDERS

MANAGED = {**PLAN, "on_sale": True, "reminder_days": [7, 1]}
WISH = {"name": "Monthly", "price": "9.90", "currency": "EUR", "duration_months": 1, "reminder_days": [7, 1]}


@example(MANAGED)
class ManagedPlanSerializer(PlanSerializer):
    """A plan with what only those see who may change it."""

    reminder_days = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "on_sale", "reminder_days"]
        read_only_fields = fields


class PlanTermsSerializer(StrictSerializer):
    """Members of a plan that can be left out."""

    currency = TextField(required=False, max_length=3)
    duration_days = WholeNumberField(required=False, min_value=1, max_value=MAXIMUM_DURATION_DAYS)
    duration_months = WholeNumberField(required=False, min_value=0, max_value=MAXIMUM_DURATION_MONTHS)
    on_sale = FlagField(required=False)
    reminder_days = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=MAXIMUM_REMINDER_DAYS),
        required=False,
        max_length=MAXIMUM_REMINDERS,
        help_text="days before the end on which the subscriber is reminded",
    )


@example(WISH)
class PlanRequestSerializer(PlanTermsSerializer):
    """A new plan. It needs `duration_days` or `duration_months`."""

    name = TextField(max_length=100)
    price = AmountField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a plan without a length."""
        if not attrs.get("duration_months") and "duration_days" not in attrs:
            raise serializers.ValidationError({"duration_days": ["State duration_days or duration_months."]})
        return attrs


@example({"price": "12.00", "on_sale": False})
class PlanChangeSerializer(PlanTermsSerializer):
    """What is to change."""

    name = TextField(required=False, max_length=100)
    price = AmountField(required=False)
