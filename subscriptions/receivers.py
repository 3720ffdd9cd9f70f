"""Receivers of this app's own strict signal."""

from datetime import datetime
from typing import Any

from foundation.orm.key import Key
from subscriptions.access.membership import grant_access, reconcile_access, revoke_access
from subscriptions.models import Transition

FOLLOW = {Transition.EXPIRED: revoke_access, Transition.CHANGED: reconcile_access}
"""What takes access away. No other transition makes a live subscription end earlier."""


def sync_access(*, transition: Transition, user_ids: list[Key], now: datetime, **kwargs: Any) -> None:
    """Update group membership in the transition's transaction."""
    follow = FOLLOW.get(transition, grant_access)
    follow(user_ids, now)
