"""Rate of a channel, shared by all deliverers through the channel's row and the database's clock.

A deliverer reserves the next stretch of time, a second's worth at most, waits until it begins, and then sends: the
virtual clock of the generic cell rate algorithm (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Stretches
are handed out one after the other, so that of several deliverers each gets its turn. AWS's throttling halves the rate,
which then grows evenly back.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import DateTimeField, Expression, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce, Greatest, Now

from foundation.orm.update_returning import update_returning
from notifications.channels import lookup
from notifications.models import ChannelStatus, database_time

SECOND = timedelta(seconds=1)
SHARE = SECOND
"""The most that is reserved at once: short enough that others get their turn, long enough for more than one call."""

LONGEST_WAIT = 2 * SECOND
"""Nothing is reserved that begins later. Two deliverers always find a turn; a crowd of them ends instead of waiting."""

RECOVERY = timedelta(minutes=5)
"""From nothing to the full rate. SES asks for "an interval of up to 10 minutes":
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html"""

LOWEST_RATE = 0.5
"""Half of the least that SES allows any account: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""


@dataclass(frozen=True)
class Reservation:
    """Permission to send `number` messages after `wait`, each of which takes `interval` of the channel's time."""

    number: int
    wait: timedelta = timedelta()
    interval: timedelta = timedelta()


def current_rate(status: ChannelStatus, now: datetime) -> float:
    """Return messages per second at `now`, by the database's clock: the highest rate, or the recovered part of it."""
    highest = lookup.get(status.channel).highest_rate(status)
    if status.slowed_to is None or status.slowed_at is None:
        return highest
    grown = status.slowed_to + highest * ((now - status.slowed_at) / RECOVERY)
    return max(LOWEST_RATE, min(highest, grown))


def reserve(status: ChannelStatus, now: datetime, limit: int) -> Reservation | None:
    """Reserve up to `limit` messages; return None if the channel is paused or its next seconds are taken."""
    rate = current_rate(status, now)
    channel = lookup.get(status.channel)
    if not channel.is_paced and rate >= channel.highest_rate(status):
        return Reservation(limit)
    number = max(1, min(limit, math.floor(rate * SHARE.total_seconds())))
    interval = SECOND / rate
    free = Q(reserved_until__isnull=True) | Q(reserved_until__lte=database_time(LONGEST_WAIT))
    rows = ChannelStatus.objects.sending().filter(free, pk=status.pk)
    for row in update_returning(rows, reserved_at=Now(), reserved_until=_later(number * interval)):
        return Reservation(number, _wait(row, number * interval), interval)
    return None


def give_back(status: ChannelStatus, reservation: Reservation, unused: int) -> None:
    """Release the unused part of a reservation."""
    if unused and reservation.interval:
        until = ExpressionWrapper(F("reserved_until") - unused * reservation.interval, output_field=DateTimeField())
        ChannelStatus.objects.filter(pk=status.pk).update(reserved_until=until)


def slow_down(status: ChannelStatus, now: datetime) -> None:
    """Halve the rate because AWS throttled, once per second for all deliverers."""
    rows = ChannelStatus.objects.filter(Q(slowed_at__isnull=True) | Q(slowed_at__lte=database_time(-SECOND)))
    slowed_to = max(LOWEST_RATE, current_rate(status, now) / 2)
    rows.filter(pk=status.pk).update(slowed_to=slowed_to, slowed_at=database_time())


def _wait(row: ChannelStatus, reserved: timedelta) -> timedelta:
    """Return the time from the reservation to its beginning."""
    if row.reserved_until is None or row.reserved_at is None:
        return timedelta()
    return max(timedelta(), row.reserved_until - reserved - row.reserved_at)


def _later(duration: timedelta) -> Expression:
    """Return the end of a reservation that begins after the last one, or now."""
    begins = Greatest(Coalesce(F("reserved_until"), Now()), Now())
    return ExpressionWrapper(begins + duration, output_field=DateTimeField())
