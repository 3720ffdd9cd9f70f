"""The project's own sweep."""

from datetime import datetime

from subscriptions.services import SubscriptionService


def expire(now: datetime, limit: int | None) -> int:
    """Run one sweep."""
    return SubscriptionService.sweep(now=now, limit=limit).expired
