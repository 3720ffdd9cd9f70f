"""Serializers of what callers ask for."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.api.examples import example
from foundation.api.serializers import AmountField, FlagField, IdField, StrictSerializer, TextField, WholeNumberField
from subscriptions.api.users import ONE_NAME, NamedUserSerializer
from subscriptions.errors import InvalidMetadata
from subscriptions.metadata import KEY_PATTERN, MOST_KEYS, VALUE_LENGTH, refuse_invalid_metadata
from subscriptions.models import (
    EXTERNAL_ID_LENGTH,
    MAXIMUM_DURATION_DAYS,
    REASON_LENGTH,
)


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


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_KEYS,
        "propertyNames": {"pattern": KEY_PATTERN},
        "additionalProperties": {"type": "string", "maxLength": VALUE_LENGTH, "pattern": r"^[^\x00]*$"},
    }
)
class MetadataField(serializers.Field[Any, Any, Any, Any]):
    """Texts of an integrator's own."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the texts. Raises ValidationError, which names the bound."""
        try:
            refuse_invalid_metadata(data)
        except InvalidMetadata as error:
            raise serializers.ValidationError(str(error)) from error
        return data


@example({"external_id": "crm-4711", "metadata": {"campaign": "autumn"}})
class MetadataSerializer(StrictSerializer):
    """What an integrator keeps with a subscription."""

    external_id = TextField(
        required=False, allow_blank=True, max_length=EXTERNAL_ID_LENGTH, help_text="by which your system knows it"
    )
    metadata = MetadataField(
        required=False, help_text="texts that your system keeps with it; they replace those before"
    )


@example({"plan": 1, "expected_price": "9.90", "expected_currency": "EUR"})
class SubscribeSerializer(MetadataSerializer, NamedUserSerializer, ExpectedPeriodSerializer):
    """Request to subscribe. `user`, `external_id` and `metadata` are for services."""

    schema_rule = ONE_NAME | {
        "dependentSchemas": {
            "expected_trial_days": {"required": ["trial"], "properties": {"trial": {"const": True}}},
        }
    }
    plan = IdField(help_text="the plan's id")
    trial = FlagField(default=False, help_text="start the plan's free trial, which a person has once over all plans")
    expected_trial_days = WholeNumberField(
        source="trial_days", required=False, help_text="with `trial`: the plan's days of trial, as you saw them"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two names for the user, and days of a trial that is not asked for."""
        attrs = super().validate(attrs)
        if "trial_days" in attrs and not attrs["trial"]:
            raise serializers.ValidationError({"expected_trial_days": ["State it with trial: true."]})
        return attrs


@example({"expected_end_date": "2026-12-31T09:30:00Z", "expected_price": "9.90"})
class RenewSerializer(ExpectedPeriodSerializer):
    """Request for another period."""

    expected_end_date = serializers.DateTimeField(
        source="end_date",
        required=False,
        help_text="the subscription's end, as you saw it: of two requests that state the same end one adds a period",
    )


@example({"days": 14, "reason": "Outage on 1 December"})
class DaysSerializer(StrictSerializer):
    """Request to give days."""

    days = WholeNumberField(min_value=1, max_value=MAXIMUM_DURATION_DAYS)
    reason = TextField(required=False, default="", allow_blank=True, max_length=REASON_LENGTH)
    expected_end_date = serializers.DateTimeField(
        source="end_date", required=False, help_text="the subscription's end, as you saw it"
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
    expected_end_date = serializers.DateTimeField(
        source="end_date", required=False, help_text="the subscription's end, as you saw it"
    )


@example({"plan": 2, "when": "period_end", "expected_price": "99.00"})
class ChangePlanSerializer(ExpectedPeriodSerializer):
    """Request to change the plan."""

    plan = IdField(help_text="the plan's id; the present one undoes a change that is planned")
    when = serializers.ChoiceField(
        choices=["period_end", "now"],
        default="period_end",
        help_text="`now` is paid by the owner, and free of charge for operators",
    )
    reason = TextField(required=False, default="", allow_blank=True, max_length=REASON_LENGTH)
    expected_end_date = serializers.DateTimeField(
        source="end_date", required=False, help_text="the subscription's end, as you saw it"
    )


@example({})
class NothingSerializer(StrictSerializer):
    """No body, or an empty object."""
