"""Actions on subscriptions, their users and the outbox, by the service, the admin's functions, raw ORM and SQL."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection

from accounts.erasure import erase_user
from accounts.leaving import leave_at_end, stay
from accounts.models import Profile
from foundation import clock
from notifications.models import ChannelStatus, Notification, NotificationPreferences, PauseReason
from subscriptions.models import AccessAuditRun, Plan, Subscription
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

Action = Callable[[int, timedelta], None]
"""Acts on the row of this number, counted round, and by this time if it needs one. Raises Skipped, or a refusal."""

NUMBER = itertools.count(1)


class Skipped(Exception):
    """There is no row for the action."""


def nth(rows: Any, number: int) -> Any:
    """Return one of the rows. Raises Skipped if there are none."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise Skipped
    return rows.get(pk=keys[number % len(keys)])


def user(number: int) -> Any:
    return nth(get_user_model().objects, number)


def live(number: int) -> Any:
    return nth(Subscription.objects.filter(expired_at=None), number)


def subscribe(number: int, later: timedelta) -> None:
    Service.create_subscription(make_user(), nth(Plan.objects, number), now=clock.now())


def renew(number: int, later: timedelta) -> None:
    Service.renew_subscription(nth(Subscription.objects, number), now=clock.now())


def cancel(number: int, later: timedelta) -> None:
    Service.cancel_subscription(nth(Subscription.objects, number), now=clock.now())


def resume(number: int, later: timedelta) -> None:
    Service.reactivate_subscription(nth(Subscription.objects, number), now=clock.now())


def end_now(number: int, later: timedelta) -> None:
    Service.cancel_now(nth(Subscription.objects, number), now=clock.now())


def give_days(number: int, later: timedelta) -> None:
    Service.give_days(nth(Subscription.objects, number), later.days + 1, "an outage", now=clock.now())


def change_plan_at_once(number: int, later: timedelta) -> None:
    change_plan(live(number), nth(Plan.objects, later.days), "now", now=clock.now())


def plan_a_change(number: int, later: timedelta) -> None:
    change_plan(live(number), nth(Plan.objects, later.days), now=clock.now())


def move_end(number: int, later: timedelta) -> None:
    row = live(number)
    Subscription.objects.filter(pk=row.pk).update(end_date=row.start_date + later)


def move_end_by_sql(number: int, later: timedelta) -> None:
    row = live(number)
    with connection.cursor() as cursor:
        sql = "UPDATE subscriptions_subscription SET end_date = %s WHERE id = %s"
        cursor.execute(sql, [row.start_date + later, row.pk])


def grant_grace(number: int, later: timedelta) -> None:
    row = live(number)
    Subscription.objects.filter(pk=row.pk).update(grace_until=row.end_date + later)


def sell(number: int, later: timedelta) -> None:
    make_plan(reminder_days=[number + 1], duration_days=later.days + 1)


def remind_on_other_days(number: int, later: timedelta) -> None:
    days = sorted({later.days % 30 + 1, number + 1})
    Plan.objects.filter(pk=nth(Plan.objects, number).pk).update(reminder_days=days)


def turn_reminders_off_or_on(number: int, later: timedelta) -> None:
    wants = bool(later.days % 2)
    NotificationPreferences.objects.update_or_create(
        user=user(number), defaults={"reminders": wants, "changed_at": clock.now()}
    )


def deactivate_or_activate(number: int, later: timedelta) -> None:
    row = user(number)
    get_user_model().objects.filter(pk=row.pk).update(is_active=not row.is_active)


def leave(number: int, later: timedelta) -> None:
    leave_at_end(user(number), clock.now())


def leave_by_hand(number: int, later: timedelta) -> None:
    Profile.objects.update_or_create(user=user(number), defaults={"leaving_since": clock.now()})


def return_(number: int, later: timedelta) -> None:
    stay(nth(get_user_model().objects.filter(profile__leaving_since__isnull=False), number))


def erase(number: int, later: timedelta) -> None:
    erase_user(user(number).pk, clock.now(), reason="they asked by mail")


def send_everything(number: int, later: timedelta) -> None:
    Notification.objects.filter(finished_at=None).update(state="sent", finished_at=clock.now())


def lose_notifications(number: int, later: timedelta) -> None:
    Notification.objects.filter(pk=nth(Notification.objects, number).pk).delete()


def pause_channel(number: int, later: timedelta) -> None:
    until = NOW + later * 1000
    ChannelStatus.objects.filter(pk="ses").update(paused_since=NOW, paused_until=until, pause_reason=PauseReason.QUOTA)


def resume_channels(number: int, later: timedelta) -> None:
    ChannelStatus.objects.update(paused_since=None, paused_until=None, pause_reason="")


def audit_by_hand(number: int, later: timedelta) -> None:
    """Record an audit that dies, runs out of time, fails for a user, or, three times of six, checks all."""
    ended = None if number == 0 else clock.now() + timedelta(microseconds=next(NUMBER))  # one is the last
    AccessAuditRun.objects.create(
        started_at=clock.now(), finished_at=ended, complete=number not in (0, 1), failed=int(number == 2)
    )


def rename_group(number: int, later: timedelta) -> None:
    Group.objects.filter(name="Subscribers").update(name=f"Former subscribers {next(NUMBER)}")


ACTIONS: list[Action] = [
    subscribe, renew, cancel, resume, end_now, give_days, change_plan_at_once, plan_a_change, move_end,
    move_end_by_sql, grant_grace, sell, remind_on_other_days, turn_reminders_off_or_on, deactivate_or_activate, leave,
    leave_by_hand, return_, erase, send_everything, lose_notifications, pause_channel, resume_channels, audit_by_hand,
    rename_group,
]  # fmt: skip
