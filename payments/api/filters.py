"""Filters of the lists of orders and payments."""

from rest_framework import serializers

from subscriptions.api.users import UserFilters


class OwnedFilters(UserFilters):
    """Query parameters of both lists."""

    subscription = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="the subscription's id"
    )


class OrderFilters(OwnedFilters):
    """Query parameters of the list of orders."""

    open = serializers.ChoiceField(
        choices=["true", "false"], required=False, help_text="whether money for it is still waited for"
    )


class PaymentFilters(OwnedFilters):
    """Query parameters of the list of payments."""

    order = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="the order's id")
    surplus = serializers.ChoiceField(choices=["true"], required=False, help_text="those that no order waits for")
