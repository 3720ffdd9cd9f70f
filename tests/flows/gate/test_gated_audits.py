"""Audits behind the gate: the nightly one, and those that a change by hand or an incomplete run orders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection, transaction

from accounts.models import User
from config.aws_lambda.gated_jobs import ASLEEP
from foundation import clock
from infra.lambda_local.eventbridge.schedule_clock import next_time
from infra.packaging.zappa_stage import load_stage
from subscriptions.access.audit import AccessAudit
from subscriptions.announcements import unlimited
from subscriptions.models import AccessAuditRun
from subscriptions.next_due import next_audit
from subscriptions.statistics import AUDITED_AT, last_finished_audit
from tests.flows.gate.gated import close, ends_in, run
from tests.support.factories import NOW, has_access
from tests.support.gate import (
    AUDIT,
    SWEEP,
    is_open,
    read_item,
)
from tests.support.locks import in_thread
from tests.support.patience import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.mark.parametrize(("hours", "until"), [(0, 1 / 3), (0.33, 1 / 3), (1 / 3, 24 + 1 / 3), (9, 24 + 1 / 3)])
def test_audit_runs_with_the_nightly_jobs_while_nothing_changes(
    hours: float, until: float, gated: None, now: time_machine.Traveller
) -> None:
    assert NOW.hour == 3
    wait_until(close)
    assert read_item().markers["audit"] <= NOW
    finished = NOW + timedelta(hours=hours)
    now.move_to(finished)
    AccessAuditRun.objects.create(started_at=finished, finished_at=finished, complete=True)
    connection.close()
    wait_until(close)
    assert read_item().markers["audit"] == NOW + timedelta(hours=until)


def test_night_of_the_audit_is_that_of_the_schedule() -> None:
    at = datetime.combine(NOW, AUDITED_AT)
    for function in (AUDIT, "config.operations.jobs.delete_old_rows"):
        for stage in ("dev", "production"):
            (schedule,) = (one for one in load_stage(stage).schedules if one.function == function)
            assert next_time(schedule.expression, at, at - timedelta(seconds=1)) == at, (stage, function)


def test_audit_that_passes_over_a_user_is_followed_by_another(gated: None, now: time_machine.Traveller) -> None:
    subscription = ends_in(timedelta(days=3))
    run(AUDIT)
    subscription.user.groups.clear()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=subscription.user_id)
        in_thread(AccessAudit(clock.now(), unlimited).run).join()
    connection.close()
    assert is_open("audit")
    close()
    now.shift(timedelta(minutes=10))
    assert run(AUDIT)["given"] == 1
    assert run(AUDIT) == ASLEEP


def test_audit_that_an_edit_has_ordered_is_due_whatever_ended_while_the_edit_was_open(
    gated: None, now: time_machine.Traveller
) -> None:
    run(AUDIT)
    ordered = AccessAuditRun.objects.create(started_at=clock.now())
    now.shift(timedelta(seconds=1))
    AccessAudit(clock.now(), unlimited).run()
    last = last_finished_audit()
    assert last is not None
    assert last.pk > ordered.pk
    assert next_audit(clock.now()) == clock.now()
    now.shift(timedelta(minutes=30))
    AccessAudit(clock.now(), unlimited).run()
    assert next_audit(clock.now()) > clock.now()


@pytest.mark.parametrize("dies", [False, True])
def test_audit_by_hand_that_does_not_check_all_users_is_followed_by_another(
    dies: bool, gated: None, now: time_machine.Traveller
) -> None:
    subscription = ends_in(timedelta(days=3))
    run(AUDIT)
    subscription.user.groups.clear()
    connection.close()
    wait_until(close)
    now.shift(timedelta(minutes=1))
    with time_runs_out(dies=dies) as time_left:
        AccessAudit(clock.now(), time_left).run()
    connection.close()
    assert is_open("audit")
    close()
    now.shift(timedelta(minutes=10))
    assert run(AUDIT)["given"] == 1
    now.shift(timedelta(minutes=6))
    assert (run(AUDIT) != ASLEEP) is dies, "an edit that committed meanwhile may have ordered the one that died"
    assert run(AUDIT) == ASLEEP


@contextmanager
def time_runs_out(*, dies: bool) -> Iterator[Callable[[], timedelta]]:
    """Yield a function that says that no time is left, or raises as the end of the process does."""

    def time_left() -> timedelta:
        if dies:
            raise KeyboardInterrupt
        return timedelta()

    with pytest.raises(KeyboardInterrupt) if dies else nullcontext():
        yield time_left


@pytest.mark.parametrize("sweeps_first", [False, True])
def test_group_that_was_renamed_by_hand_is_restored_with_its_members(
    sweeps_first: bool, gated: None, now: time_machine.Traveller
) -> None:
    subscription = ends_in(timedelta(days=3))
    run(AUDIT)
    Group.objects.filter(name="Subscribers").update(name="Former subscribers")
    connection.close()
    if sweeps_first:
        run(SWEEP)
    wait_until(close)
    now.shift(timedelta(minutes=10))
    assert run(AUDIT)["given"] == 1
    assert has_access(subscription.user)
    assert run(AUDIT) == ASLEEP
