"""Recording of reminders: one mail for each subscription that ends soon.

A plan says how many days before the end. Of the days that have come only the nearest to the end is recorded, and none
beside one that is as near: runs may be missed, late, repeated, or at work at the same time.

Where the next period is charged by itself, the day nearest to the end comes at BEFORE_A_CHARGE at the latest, also in a
period too short for it, such as a trial, so that nobody is charged unawares.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Case, Exists, F, OuterRef, PositiveSmallIntegerField, Q, QuerySet, Value, When

from foundation.orm.active_users import active_users
from foundation.orm.insert_select import insert_select_returning
from notifications import preferences
from notifications.models import Channel, Notification
from payments.models import Renewal
from subscriptions.models import BEGINS_A_PERIOD, RENEWAL_AHEAD, Plan, Subscription, SubscriptionEvent

logger = logging.getLogger(__name__)

REMINDER_DAYS = Plan._meta.get_field("reminder_days")

BATCH_SIZE = 1_000
"""Reminders per statement, as in the sweep."""

BEFORE_A_CHARGE = RENEWAL_AHEAD + timedelta(days=1)
"""Time before the end at which a subscriber whose renewal will be charged is reminded at the latest."""

RESERVE = timedelta(seconds=5)
"""Time reserved for the last batch."""


@dataclass
class Reminders:
    """One run over the subscriptions that end soon after `now`. The next run continues.

    `time_left` is asked before each batch.
    """

    now: datetime
    time_left: Callable[[], timedelta]
    batch_size: int = BATCH_SIZE
    recorded: int = field(default=0, init=False)

    def run(self) -> dict[str, int | bool]:
        """Record reminders; return their number, True if the time sufficed, and the number of malformed plans."""
        plans, malformed = plans_by_day()
        complete = not plans or self._record(wanted(plans, self.now))
        summary = {"recorded": self.recorded, "complete": complete, "malformed_plans": len(malformed)}
        logger.info("reminders recorded", extra=summary)
        return summary

    def _record(self, rows: QuerySet[Any, Any]) -> bool:
        """Record in batches, the earliest end first, each from where the previous one ended."""
        rest = rows
        while self.time_left() >= RESERVE:
            keys = insert_select_returning(
                Notification, ["event", "channel", "days_before"], rest[: self.batch_size], ignore_conflicts=True
            )
            if not keys:
                return True
            self.recorded += len(keys)
            rest = rows.filter(subscription__end_date__gte=_end_when_recorded(max(keys)))
        return False


def next_mark(now: datetime) -> datetime | None:
    """Return the earliest instant at which a reminder may be wanted, `now` if one is; None if there is none.

    Whoever wants no reminder counts too: a run that finds nothing does no harm.
    """
    plans, _malformed = plans_by_day()
    if plans and wanted(plans, now).exists():
        return now
    rows = Subscription.objects.filter(expired_at__isnull=True)
    marks = [_mark(rows.filter(plan__in=keys), timedelta(days=day), now) for day, keys in plans.items()]
    charged = rows.filter(_renews("pk"), _has_begun())
    marks += [
        _mark(charged.filter(plan__in=keys).exclude(_is_told(day)), BEFORE_A_CHARGE, now)
        for day, keys in _nearest(plans)
    ]
    return min(filter(None, marks), default=None)


def _mark(rows: QuerySet[Subscription], before: timedelta, now: datetime) -> datetime | None:
    end = rows.filter(end_date__gt=now + before).order_by("end_date").values_list("end_date", flat=True).first()
    return end - before if end else None


def plans_by_day() -> tuple[dict[int, list[int]], list[int]]:
    """Return the plans per number of days before the end, and the malformed plans.

    Plans are named by primary key. A malformed plan is logged and reminds nobody, so that the others go on.
    """
    plans: dict[int, list[int]] = defaultdict(list)
    malformed: list[int] = []
    for key, reminder_days in Plan._base_manager.order_by("pk").values_list("pk", "reminder_days"):
        if _is_valid(reminder_days):
            for day in reminder_days:
                plans[day].append(key)
        else:
            malformed.append(key)
    if malformed:
        logger.error("plans have malformed reminder days; correct them in the admin", extra={"plans": malformed})
    return plans, malformed


def _is_valid(reminder_days: object) -> bool:
    """Apply the field's own rules: a script or an older release may have written anything."""
    try:
        REMINDER_DAYS.clean(reminder_days, None)
    except ValidationError:
        return False
    return isinstance(reminder_days, list)


def wanted(plans: dict[int, list[int]], now: datetime) -> QuerySet[Any, Any]:
    """Return event, channel and days of each reminder to record at `now`, the earliest end first.

    `plans` is the first of what `plans_by_day` returns, and not empty. Whoever is being charged for the next period
    hears of that instead.
    """
    earliest = max(timedelta(days=max(plans)), BEFORE_A_CHARGE)
    near = Q(subscription__end_date__gt=now, subscription__end_date__lte=now + earliest)
    ends = Q(subscription__expired_at__isnull=True, subscription__grace_until__isnull=True)
    began = SubscriptionEvent.objects.filter(near, ends).periods()
    days = Case(*_marks(plans, now), output_field=PositiveSmallIntegerField())
    began = began.filter(active_users("subscription__user")).exclude(_began_anew()).exclude(_is_unwanted())
    due = began.annotate(days=days).filter(days__isnull=False).exclude(_is_recorded())
    ordered: QuerySet[Any, Any] = due.order_by("subscription__end_date", "subscription")
    return ordered.values_list("pk", Value(Channel.SES.value), "days")


def _marks(plans: dict[int, list[int]], now: datetime) -> Iterator[When]:
    """Return the days that have come, nearest to the end first, without those before the period's beginning."""
    nearest = dict(_nearest(plans))
    for day in sorted(plans):
        yield When(Q(subscription__plan__in=plans[day]) & _has_come(timedelta(days=day), now), then=Value(day))
        if keys := nearest.get(day):
            is_charged = Q(subscription__plan__in=keys) & _renews("subscription")
            yield When(is_charged & _has_come(BEFORE_A_CHARGE, now), then=Value(day))


def _nearest(plans: dict[int, list[int]]) -> Iterator[tuple[int, list[int]]]:
    """Yield the days that are a plan's nearest to the end, the smallest first, with those plans."""
    seen: set[int] = set()
    for day in sorted(plans):
        if keys := [plan for plan in plans[day] if plan not in seen]:
            yield day, keys
        seen.update(keys)


def _has_come(before: timedelta, now: datetime) -> Q:
    mark = F("subscription__end_date") - before
    follows_beginning = Q(occurred_at__lt=mark) & (Q(old_end_date__isnull=True) | Q(old_end_date__lt=mark))
    return Q(subscription__end_date__lte=now + before) & follows_beginning


def _renews(subscription: str) -> Q:
    """Return the condition that further periods are charged to the subscription that this column names."""
    active = Renewal.objects.charged().filter(subscription__status=Subscription.Status.ACTIVE)
    return Q(Exists(active.filter(subscription=OuterRef(subscription))))


def _began_anew() -> Exists:
    """Return the condition that a later event began another period."""
    later = SubscriptionEvent.objects.filter(subscription=OuterRef("subscription"), pk__gt=OuterRef("pk"))
    return Exists(later.periods())


def _is_recorded() -> Exists:
    """Return the condition that this reminder, or one nearer to the end, is recorded."""
    as_near = Notification.objects.filter(event=OuterRef("pk"), channel=Channel.SES, days_before__lte=OuterRef("days"))
    return Exists(as_near)


def _has_begun() -> Exists:
    """Return the condition that an event tells of a period of the subscription; of others nobody is reminded."""
    return Exists(SubscriptionEvent.objects.filter(BEGINS_A_PERIOD, subscription=OuterRef("pk")))


def _is_told(day: int) -> Exists:
    """Return the condition that a subscription's end was told so near to it."""
    told = Notification.objects.filter(channel=Channel.SES, days_before__lte=day)
    return Exists(told.filter(event__subscription=OuterRef("pk"), event__new_end_date=OuterRef("end_date")))


def _is_unwanted() -> Exists:
    """Return the condition that the subscriber has turned reminders off."""
    return Exists(preferences.turned_off().filter(user=OuterRef("subscription__user")))


def _end_when_recorded(key: int) -> datetime:
    """Return the end that the reminder was recorded for; a renewal may have moved the subscription's own since."""
    rows = Notification.objects.using(DEFAULT_DB_ALIAS)  # a replica may not have heard of it
    ends = rows.filter(pk=key).values_list("event__new_end_date", flat=True)
    return ends.get()
