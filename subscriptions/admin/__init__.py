"""Admin pages of plans, subscriptions, groups and API tokens; importing this package registers them."""

from subscriptions import token_admin
from subscriptions.admin import groups, subscriptions

__all__ = ["groups", "subscriptions", "token_admin"]
