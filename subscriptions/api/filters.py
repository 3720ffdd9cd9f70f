"""Filters and order of a subscription list."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from foundation.api.pagination import PageParameters
from subscriptions.models import Subscription
from subscriptions.models.subscription import SubscriptionQuerySet

ORDERS = ["-id", "id", "start_date", "-start_date", "end_date", "-end_date"]


class SubscriptionFilters(PageParameters):
    """Query parameters of the list."""

    status = serializers.ChoiceField(choices=Subscription.Status.choices, required=False)
    plan = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="the plan's id")
    live = serializers.ChoiceField(choices=["true", "false"], required=False, help_text="whether it gives access")
    ordering = serializers.ChoiceField(choices=ORDERS, required=False, default="-id")


def filtered(subscriptions: SubscriptionQuerySet, filters: dict[str, Any], now: datetime) -> SubscriptionQuerySet:
    """Return the subscriptions that match the validated filters."""
    if "status" in filters:
        subscriptions = subscriptions.filter(status=filters["status"])
    if "plan" in filters:
        subscriptions = subscriptions.filter(plan=filters["plan"])
    if "live" in filters:
        live = subscriptions.live(now)
        subscriptions = live if filters["live"] == "true" else subscriptions.exclude(pk__in=live.values("pk"))
    return subscriptions
