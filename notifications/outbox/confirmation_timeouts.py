"""What may have been sent: how long its confirmation is waited for, and what is done when none comes.

SES confirms a mail by a `Send` event. SNS confirms nothing; there the same event is published again, and whoever
receives it tells it by its id.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F

from notifications.models import Channel, Notification, NotificationQuerySet, State, database_time
from notifications.outbox import retry

MAXIMUM_RESENDS = {Channel.SES: 4, Channel.SNS: retry.MAXIMUM_ATTEMPTS}
"""With the graces' growth, mails go out again within half a day, and events too."""

BATCH = 1000


@dataclass(frozen=True)
class Settled:
    """How many notifications that nobody confirmed are to be sent again, and how many were given up."""

    again: int
    given_up: int


def grace(channel: Channel, resends: int) -> timedelta:
    """How long a confirmation is waited for, after so many earlier resends."""
    if channel is Channel.SNS:
        return retry.delay(resends + 1, 1)
    mails: timedelta = settings.CONFIRMATION_GRACE * 2**resends
    return mails


def settle() -> Settled:
    """Send again, or give up, what was not confirmed in time; at most BATCH of each channel."""
    waited = [row for channel in Channel for row in _unconfirmed(channel).select_related("event")[:BATCH]]
    given_up = {row.pk for row in waited if _is_given_up(row)}
    again = {row.pk for row in waited} - given_up
    return Settled(
        again=sum(
            rows.update(state=State.PENDING, due_at=database_time(), resends=F("resends") + 1, submitted_at=None)
            for rows in _still_unconfirmed(again)
        ),
        given_up=sum(rows.update(finished_at=database_time()) for rows in _still_unconfirmed(given_up)),
    )


def _is_given_up(row: Notification) -> bool:
    if row.channel == Channel.SES and row.kind in settings.UNCONFIRMED_MAILS_GIVEN_UP:
        return True
    return row.resends >= MAXIMUM_RESENDS[Channel(row.channel)]


def _unconfirmed(channel: Channel) -> NotificationQuerySet:
    return Notification.objects.unconfirmed(channel).order_by("due_at", "pk")


def _still_unconfirmed(keys: Collection[int]) -> list[NotificationQuerySet]:
    """Asked again by the UPDATE itself, because a confirmation may have come meanwhile."""
    return [Notification.objects.unconfirmed(channel).filter(pk__in=keys) for channel in Channel] if keys else []
