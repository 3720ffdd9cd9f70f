"""Filters and order of a subscription list."""

from datetime import datetime
from typing import Any

from django.db.models.fields.json import KeyTransform
from rest_framework import serializers

from subscriptions.api.users import ALL, WITHOUT_NUL, UserFilters
from subscriptions.metadata import KEY_PATTERN
from subscriptions.models import EXTERNAL_ID_LENGTH, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet

METADATA = KEY_PATTERN.removesuffix("$") + r":[^\x00]*$"
ORDERS = ["-id", "id", "start_date", "-start_date", "end_date", "-end_date"]


class SubscriptionFilters(UserFilters):
    """Query parameters of the list."""

    status = serializers.ChoiceField(choices=Subscription.Status.choices, required=False)
    plan = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="the plan's id")
    live = serializers.ChoiceField(choices=["true", "false"], required=False, help_text="whether it gives access")
    ends_before = serializers.DateTimeField(required=False, help_text="those that end before this instant")
    ends_after = serializers.DateTimeField(required=False, help_text="those that end at this instant or later")
    external_id = serializers.RegexField(
        WITHOUT_NUL, required=False, trim_whitespace=False, max_length=EXTERNAL_ID_LENGTH, help_text="exactly this one"
    )
    metadata = serializers.RegexField(
        METADATA,
        required=False,
        trim_whitespace=False,
        max_length=600,
        help_text="`key:value`, among the subscriptions of one user",
    )
    ordering = serializers.ChoiceField(choices=ORDERS, required=False, default="-id")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to search everybody's metadata, which no index helps with."""
        if "metadata" in attrs and attrs.get("user") == ALL and "external_id" not in attrs:
            raise serializers.ValidationError({"metadata": ["Name a user or an external_id as well."]})
        return attrs


def filtered(subscriptions: SubscriptionQuerySet, filters: dict[str, Any], now: datetime) -> SubscriptionQuerySet:
    """Return the subscriptions that match the validated filters."""
    if "status" in filters:
        subscriptions = subscriptions.filter(status=filters["status"])
    if "plan" in filters:
        subscriptions = subscriptions.filter(plan=filters["plan"])
    if "live" in filters:
        live = subscriptions.live(now)
        subscriptions = live if filters["live"] == "true" else subscriptions.exclude(pk__in=live.values("pk"))
    if "metadata" in filters:
        key, _, value = filters["metadata"].partition(":")
        subscriptions = subscriptions.annotate(wanted=KeyTransform(key, "metadata")).filter(wanted=value)
    return subscriptions.filter(**{LOOKUPS[name]: filters[name] for name in LOOKUPS.keys() & filters.keys()})


LOOKUPS = {"external_id": "external_id", "ends_before": "end_date__lt", "ends_after": "end_date__gte"}
