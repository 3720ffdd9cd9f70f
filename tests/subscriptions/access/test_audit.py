"""Access audit: corrections, exceptions and report."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, transaction

from accounts.models import User
from subscriptions.access import audit, membership
from subscriptions.access.audit import AccessAudit
from subscriptions.access.managed_groups import GROUP, managed_groups
from subscriptions.access.membership import Corrections, Mismatches, find_mismatches
from subscriptions.announcements import unlimited
from subscriptions.jobs import audit_access
from subscriptions.models import AccessAuditRun, Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.statistics import audit_pause
from tests.support.factories import NOW, has_access, make_due, make_plan, make_user
from tests.support.lambda_context import SCHEDULED, Context
from tests.support.locks import in_thread

pytestmark = pytest.mark.django_db


def subscriber(now: datetime = NOW) -> User:
    user = make_user()
    Service.create_subscription(user, make_plan(), now=now)
    return user


def intruder() -> User:
    """Create a group member without a subscription."""
    user = make_user()
    user.groups.add(managed_groups().get())
    return user


def deprived() -> User:
    """Create a subscriber without the group."""
    user = subscriber()
    user.groups.set([])
    return user


def run(now: datetime = NOW, batch_size: int = audit.BATCH_SIZE) -> dict[str, int | bool]:
    summary = AccessAudit(now, unlimited, batch_size).run().summary()
    return {name: value for name, value in summary.items() if name != "run"}


def test_it_gives_and_takes_what_is_wrong_and_nothing_else() -> None:
    stale, missing, right, stranger = intruder(), deprived(), subscriber(), make_user()
    assert run() == {"given": 1, "taken": 1, "failed": 0, "complete": True, "held": 0}
    assert [has_access(user) for user in (stale, missing, right, stranger)] == [False, True, True, False]
    assert run() == {"given": 0, "taken": 0, "failed": 0, "complete": True, "held": 0}


def test_due_subscriptions_are_left_to_the_sweep() -> None:
    (due,) = make_due(make_plan(), 1)
    assert run()["taken"] == 0
    assert has_access(due.user)


def test_second_live_subscription_counts_once() -> None:
    user = deprived()
    Service.create_subscription(user, make_plan(name="Another"), now=NOW)
    user.groups.set([])
    assert run()["given"] == 1


def test_other_groups_are_left_alone() -> None:
    user = make_user()
    editors = Group.objects.create(name="Editors")
    user.groups.add(editors)
    run()
    assert list(user.groups.all()) == [editors]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_batches_cover_everybody_once(size: int) -> None:
    wrong = [intruder() if number % 2 else deprived() for number in range(7)]
    right = [subscriber() for _ in range(3)]
    assert run(batch_size=size) == {"given": 4, "taken": 3, "failed": 0, "complete": True, "held": 0}
    assert not any(has_access(user) for user in wrong[1::2])
    assert all(has_access(user) for user in wrong[::2] + right)


def test_nobody_at_all() -> None:
    assert run() == {"given": 0, "taken": 0, "failed": 0, "complete": True, "held": 0}


def test_group_that_was_renamed_by_sql_gets_its_members_back() -> None:
    users = [subscriber() for _ in range(3)]
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")
    assert run()["given"] == 3
    assert all(has_access(user) for user in users)


def test_finding_is_judged_again_under_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    began, ended = make_user(), subscriber()

    def find(now: datetime, *, due_is_ended: bool) -> Mismatches:
        Service.create_subscription(began, make_plan(), now=NOW)
        Service.cancel_now(ended.subscriptions.get(), now=NOW + timedelta(seconds=1))
        return Mismatches(stale=[began.pk], missing=[ended.pk])

    monkeypatch.setattr(audit, "find_mismatches", find)
    assert run() == {"given": 0, "taken": 0, "failed": 0, "complete": True, "held": 0}
    assert has_access(began)
    assert not has_access(ended)


def seconds_left(*seconds: float) -> Callable[[], timedelta]:
    """Return these times in turn, and then the last one."""
    answers: Iterator[float] = chain(seconds, repeat(seconds[-1]))
    return lambda: timedelta(seconds=next(answers))


def test_it_ends_in_time_and_says_so() -> None:
    users = [intruder() for _ in range(4)]
    summary = AccessAudit(NOW, seconds_left(60, 1), batch_size=2).run().summary()
    assert (summary["taken"], summary["complete"]) == (2, False)
    assert [has_access(user) for user in users] == [False, False, True, True]
    assert AccessAudit(NOW, seconds_left(1)).run().complete is False


def test_one_user_who_cannot_be_put_right_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    users = [intruder() for _ in range(5)]

    def fails(keys: list[int], now: datetime, *, lock_wait: timedelta) -> Corrections:
        with transaction.atomic():
            corrections = membership.repair(keys, now, lock_wait=lock_wait)
            if users[2].pk in keys:
                raise DatabaseError("a trigger refuses ada@example.com")
        return corrections

    monkeypatch.setattr(audit, "repair", fails)
    assert run() == {"given": 0, "taken": 4, "failed": 1, "complete": True, "held": 0}
    assert [has_access(user) for user in users] == [False, False, True, False, False]
    assert "ada@example.com" not in caplog.text


def test_it_reports_what_was_wrong(caplog: pytest.LogCaptureFixture) -> None:
    intruder()
    power = Permission.objects.get(codename="cancel_subscription_now")
    Group.permissions.through.objects.create(group=managed_groups().get(), permission=power)
    with caplog.at_level(logging.INFO):
        run()
    (report,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert report.permissions == ["subscriptions.cancel_subscription_now"]  # type: ignore[attr-defined]
    (metric,) = [record.msg for record in caplog.records if "AccessMismatches" in record.msg]
    assert (metric["AccessMismatches"], metric["SubscriptionsFailed"]) == (2, 2)  # type: ignore[index]


@pytest.mark.django_db(transaction=True)
def test_scheduled_job_records_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "RESERVE", timedelta(0))
    intruder()
    summary = audit_access(SCHEDULED, Context())
    recorded = AccessAuditRun.objects.get()
    assert summary == {"given": 0, "taken": 1, "failed": 0, "complete": True, "held": 0, "run": recorded.pk}
    assert recorded.finished_at is not None


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_user_whom_somebody_holds_is_left_to_the_next_run() -> None:
    held, free = intruder(), intruder()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=held.pk)
        other = in_thread(run)
        other.join()
        assert (has_access(held), has_access(free)) == (True, False)
    last = AccessAuditRun.objects.get()
    assert (last.held, last.failed, last.complete) == (1, 0, True)
    assert audit_pause(last) == timedelta()
    run()
    assert not has_access(held)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_membership_that_somebody_writes_holds_nobody_up() -> None:
    written, free = intruder(), intruder()
    with transaction.atomic():
        User.groups.through.objects.select_for_update().get(user=written)
        other = in_thread(run)
        other.join()
        assert not has_access(free)
        assert AccessAuditRun.objects.get().failed == 1
    run()
    assert not has_access(written)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_audits_among_transitions_and_sweeps_leave_everybody_right() -> None:
    plan = make_plan()
    due = make_due(plan, 40)
    lately = [subscriber() for _ in range(20)]

    def vandalise() -> None:
        for user in lately:
            user.groups.set([])

    def renew() -> None:
        for subscription in Subscription.objects.filter(pk__in=[row.pk for row in due[::2]]):
            Service.renew_subscription(subscription, now=NOW)

    threads = [in_thread(work) for work in (run, vandalise, renew, run, run)]
    for thread in threads:
        thread.join()
    run()
    assert find_mismatches(NOW, due_is_ended=False) == Mismatches(stale=[], missing=[])
