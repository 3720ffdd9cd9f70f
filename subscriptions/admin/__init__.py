"""Admin pages of plans, subscriptions and groups; importing this package registers them."""

from subscriptions.admin import groups, subscriptions

__all__ = ["groups", "subscriptions"]
