"""What this app itself hooks onto the strict signal."""

from datetime import datetime
from typing import Any

from subscriptions.access import reconcile_access


def follow_with_access(*, user_ids: list[int], now: datetime, **kwargs: Any) -> None:
    """Let the group follow the transition, in its transaction."""
    reconcile_access(user_ids, now)
