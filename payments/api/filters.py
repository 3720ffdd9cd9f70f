"""Filters of the lists of orders and payments."""

from rest_framework import serializers

from accounts.models.profile import LONGEST_EXTERNAL_USER_ID
from foundation.api.pagination import PageParameters
from subscriptions.api.users import USER_PATTERN


class OwnedFilters(PageParameters):
    """Query parameters of both lists."""

    user = serializers.RegexField(
        USER_PATTERN, required=False, help_text="a user's id, or `all`; others' need the permission to view them"
    )
    external_user_id = serializers.CharField(
        required=False,
        trim_whitespace=False,
        max_length=LONGEST_EXTERNAL_USER_ID,
        help_text="the user whom a service knows by this id",
    )
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
