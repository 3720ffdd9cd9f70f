"""Serializers of plans for those who may change them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.api.examples import example
from foundation.api.serializers import AmountField, FlagField, IdField, StrictSerializer, TextField, WholeNumberField
from foundation.money import DECIMALS
from subscriptions.api.serializers import PLAN, PlanSerializer
from subscriptions.models import MAXIMUM_DURATION_DAYS, Plan
from subscriptions.models.plan import MAXIMUM_DURATION_MONTHS, MAXIMUM_GRACE_DAYS, MAXIMUM_TRIAL_DAYS
from subscriptions.models.reminder_days import MAXIMUM_REMINDER_DAYS, MAXIMUM_REMINDERS
from subscriptions.savings import saving_of

DESCRIPTION = "For those who read every day."
INCLUDES = ["All articles", "Archive since 1998"]
OFFERED = {**PLAN, "description": DESCRIPTION, "includes": INCLUDES, "compared_with": None, "saving_percent": None}
OFFERED |= {"trial_days": 14, "grace_days": 7}
MANAGED = {**OFFERED, "on_sale": True, "reminder_days": [7, 1]}
MAXIMUM_DESCRIPTION = 300
MAXIMUM_INCLUDES = 2_000
"""Characters of the lines together, as in the admin."""
WISH = {"name": "Monthly", "price": "9.90", "currency": "EUR", "duration_months": 1, "reminder_days": [7, 1]}


@example(OFFERED)
class OfferedPlanSerializer(PlanSerializer):
    """A plan as it is offered: with what it includes, and what it saves."""

    includes = serializers.ListField(
        child=serializers.CharField(), source="included", read_only=True, help_text="a line for each thing"
    )
    compared_with = serializers.IntegerField(
        source="compared_with_id", allow_null=True, read_only=True, help_text="the plan that it is compared with"
    )
    saving_percent = serializers.SerializerMethodField(help_text="less than that plan costs for the same time")

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "description", "includes", "compared_with", "saving_percent"]
        fields += ["trial_days", "grace_days"]
        read_only_fields = fields

    @extend_schema_field({"type": ["integer", "null"]})
    def get_saving_percent(self, plan: Plan) -> int | None:
        """Return the saving, rounded down, or None where nothing is saved."""
        saving = saving_of(plan)
        return saving.percent if saving else None


@example(MANAGED)
class ManagedPlanSerializer(OfferedPlanSerializer):
    """A plan with what only those see who may change it."""

    reminder_days = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta(OfferedPlanSerializer.Meta):
        fields = [*OfferedPlanSerializer.Meta.fields, "on_sale", "reminder_days"]
        read_only_fields = fields


class LineField(serializers.RegexField):
    """A line of what a plan includes. A list of them is stored as one text."""

    def __init__(self) -> None:
        super().__init__(r"^[^\x00-\x1f\x7f-\x9f]+$", max_length=MAXIMUM_INCLUDES, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "enum": sorted(DECIMALS)})
class CurrencyField(TextField):
    """Code of ISO 4217 in a JSON body. The model refuses others."""


class PlanTermsSerializer(StrictSerializer):
    """Members of a plan that can be left out."""

    description = TextField(required=False, allow_blank=True, max_length=MAXIMUM_DESCRIPTION)
    includes = serializers.ListField(
        child=LineField(), required=False, help_text="a line for each thing, 2,000 characters in all"
    )
    compared_with = IdField(
        required=False, allow_null=True, help_text="a plan of the same access, against which the saving is shown"
    )
    currency = CurrencyField(required=False, max_length=3)
    duration_days = WholeNumberField(required=False, min_value=1, max_value=MAXIMUM_DURATION_DAYS)
    duration_months = WholeNumberField(required=False, min_value=0, max_value=MAXIMUM_DURATION_MONTHS)
    trial_days = WholeNumberField(
        required=False, min_value=0, max_value=MAXIMUM_TRIAL_DAYS, help_text="free of charge, once per person; 0: none"
    )
    grace_days = WholeNumberField(
        required=False,
        min_value=0,
        max_value=MAXIMUM_GRACE_DAYS,
        help_text="after the end, while a renewal by charge is late",
    )
    on_sale = FlagField(required=False)
    reminder_days = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=MAXIMUM_REMINDER_DAYS),
        required=False,
        max_length=MAXIMUM_REMINDERS,
        help_text="days before the end on which the subscriber is reminded",
    )

    def validate_includes(self, lines: list[str]) -> str:
        """Return the lines as one text. Raises ValidationError."""
        text = "\n".join(lines)
        if len(text) > MAXIMUM_INCLUDES:
            raise serializers.ValidationError(f"Shorten the lines to {MAXIMUM_INCLUDES} characters in all.")
        return text


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
