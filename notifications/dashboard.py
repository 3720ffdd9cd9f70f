"""Dashboard card of the outbox and its deliveries."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from foundation.dashboard.cards import Alert, Card, CardSource, Link, Period, Tile
from notifications import statistics
from notifications.charts import delivery_charts
from notifications.models import State

UNDELIVERED = (State.FAILED, State.UNKNOWN)


def outbox_card(period: Period) -> Card:
    """Return the notifications by state, and those that finished per day."""
    oldest, outbox = statistics.oldest_pending(), statistics.outbox()
    return Card(
        _("Notifications"),
        alerts=[*_pause_alerts(period.now), *_late_alerts(oldest, period.now)],
        tiles=[_oldest_tile(oldest, period.now), _undelivered_tile(outbox)],
        charts=delivery_charts(statistics.finished_by_day(period.since), period.days),
        template="admin/dashboard_outbox.html",
        context={"outbox": outbox},
    )


CARDS = (CardSource(outbox_card),)


def _pause_alerts(now: datetime) -> Iterator[Alert]:
    link = Link(
        reverse("admin:notifications_channelstatus_changelist"), _("Channels"), "notifications.view_channelstatus"
    )
    for pause in statistics.paused_channels():
        text = _("%(channel)s has been paused for %(age)s: %(reason)s.") % {
            "channel": pause,
            "age": timesince(pause.paused_since, now) if pause.paused_since else "",
            "reason": pause.get_pause_reason_display(),
        }
        yield Alert(text, link=link)


def _late_alerts(oldest: datetime | None, now: datetime) -> Iterator[Alert]:
    if oldest and statistics.is_late(oldest, now):
        text = _("A notification has been due for %(age)s. Check that the delivery job runs.")
        yield Alert(text % {"age": timesince(oldest, now)})


def _oldest_tile(oldest: datetime | None, now: datetime) -> Tile:
    label = _("Oldest pending notification")
    if not oldest:
        return Tile(label, _("none"))
    return Tile(label, _("none due") if oldest > now else _("due for %(age)s") % {"age": timesince(oldest, now)})


def _undelivered_tile(outbox: list[list[statistics.StateCount]]) -> Tile:
    counts = [count for counts in outbox for count in counts if count.state in UNDELIVERED]
    remark = _("or more") if any(count.is_cut for count in counts) else ""
    return Tile(_("Failed or unknown notifications"), str(sum(count.number for count in counts)), remark)
