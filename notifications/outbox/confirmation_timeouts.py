"""Timeouts of confirmations: notifications that were perhaps sent are sent again, or given up.

SES confirms a mail by a `Send` event. SNS confirms nothing; there the same event is published again, and whoever
receives it tells it by its id.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F

from notifications import channel_registry
from notifications.channels import lookup
from notifications.models import Notification, NotificationQuerySet, State, database_time

BATCH = 1000


@dataclass(frozen=True)
class Settled:
    """Numbers of unconfirmed notifications that are sent again, and that were given up."""

    again: int
    given_up: int


def settle() -> Settled:
    """Send unconfirmed notifications again, or give them up; at most BATCH per channel."""
    channels = channel_registry.names()
    waited = [row for name in channels for row in _unconfirmed(name).select_related("event")[:BATCH]]
    given_up = {row.pk for row in waited if lookup.get(row.channel).gives_up(row)}
    again = {row.pk for row in waited} - given_up
    return Settled(
        again=sum(
            rows.update(state=State.PENDING, due_at=database_time(), resends=F("resends") + 1, submitted_at=None)
            for rows in _still_unconfirmed(again)
        ),
        given_up=sum(rows.update(finished_at=database_time()) for rows in _still_unconfirmed(given_up)),
    )


def _unconfirmed(channel: str) -> NotificationQuerySet:
    return Notification.objects.unconfirmed(channel).order_by("due_at", "pk")


def _still_unconfirmed(keys: Collection[int]) -> list[NotificationQuerySet]:
    """Return querysets whose UPDATE checks again, because a confirmation may have come meanwhile."""
    names = channel_registry.names() if keys else []
    return [Notification.objects.unconfirmed(channel).filter(pk__in=keys) for channel in names]
