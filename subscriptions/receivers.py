"""Receivers of this app's own strict signal."""

from datetime import datetime
from typing import Any

from foundation.orm.key import Key
from subscriptions.access.membership import reconcile_access, revoke_access
from subscriptions.models import Transition


def sync_access(*, transition: Transition, user_ids: list[Key], now: datetime, **kwargs: Any) -> None:
    """Update group membership in the transition's transaction."""
    follow = revoke_access if transition == Transition.EXPIRED else reconcile_access
    follow(user_ids, now)
