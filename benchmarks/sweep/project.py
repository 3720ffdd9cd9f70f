"""The project's own sweep."""

from datetime import datetime

from subscriptions.sweep import Sweep


def expire(now: datetime, limit: int | None) -> int:
    """One run."""
    return Sweep(now=now, limit=limit).run().expired
