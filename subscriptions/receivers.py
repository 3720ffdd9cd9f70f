"""What this app itself hooks onto the strict signal."""

from datetime import datetime
from typing import Any

from foundation.orm.key import Key
from subscriptions.access.membership import reconcile_access, take_access
from subscriptions.models import Transition


def follow_with_access(*, transition: Transition, user_ids: list[Key], now: datetime, **kwargs: Any) -> None:
    """Let the group follow the transition, in its transaction."""
    follow = take_access if transition == Transition.EXPIRED else reconcile_access
    follow(user_ids, now)
