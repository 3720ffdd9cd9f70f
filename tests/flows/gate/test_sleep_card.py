"""Dashboard of a database that sleeps."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.leaving import leave_at_end
from config.aws_lambda.gated_jobs import ASLEEP
from config.operations.sleep_card import sleep_card
from foundation import clock, gate, registries
from foundation.dashboard.cards import Card, Period
from notifications.models import Channel, ChannelStatus, PauseReason
from subscriptions.models import AccessAuditRun, SweepRun
from tests.flows.gate.gated import close, ends_in, run
from tests.support.gate import DELIVERY, SWEEP
from tests.support.injected_answers import InjectedAnswers
from tests.support.patience import wait_until
from tests.support.staff import make_staff, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def card() -> Card:
    return sleep_card(Period(clock.now()))


def tiles() -> list[tuple[str, str]]:
    return [(tile.value, tile.remark) for tile in card().tiles]


def finish_runs(*minutes_ago: float) -> None:
    for minutes in minutes_ago:
        then = clock.now() - timedelta(minutes=minutes)
        SweepRun.objects.create(started_at=then, finished_at=then)


def finish_an_audit() -> None:
    AccessAuditRun.objects.create(started_at=clock.now(), finished_at=clock.now(), complete=True)


def test_closed_gate_is_shown_with_the_instant_of_the_next_work(gated: None, now: time_machine.Traveller) -> None:
    finish_an_audit()
    due = ends_in(timedelta(minutes=10)).end_date
    wait_until(close)
    assert tiles()[0] == ("asleep", f"until {due:%-d %b %H:%M} UTC".replace("until 0", "until "))
    assert card().empty.startswith("No job keeps the database awake.")


def test_paused_channel_keeps_it_awake_and_is_named(gated: None, now: time_machine.Traveller) -> None:
    finish_an_audit()
    ChannelStatus.objects.filter(pk=Channel.SES).update(
        paused_since=clock.now(), paused_until=clock.now() + timedelta(hours=9), pause_reason=PauseReason.ACCOUNT
    )
    assert run(DELIVERY) != ASLEEP
    assert tiles()[0][0] == "awake"
    assert [reason for reason in card().context["reasons"] if reason.endswith("is paused.")]


def test_subscription_that_ended_keeps_it_awake(gated: None, now: time_machine.Traveller) -> None:
    finish_an_audit()
    ends_in(timedelta(minutes=-1))
    assert card().context["reasons"] == ["A subscription has ended, and no sweep has expired it yet."]


def test_open_gate_without_work_closes_with_the_next_jobs(gated: None, now: time_machine.Traveller) -> None:
    finish_an_audit()
    gate.open_gate()
    assert tiles()[0] == ("awake", "until the jobs of this minute have run")
    run(SWEEP)
    assert tiles()[0][0] == "asleep"


def test_job_that_runs_seldom_lets_it_sleep_until_its_tick(gated: None, now: time_machine.Traveller) -> None:
    finish_an_audit()
    AccessAuditRun.objects.update(held=1)
    ends_in(timedelta(hours=9))
    wait_until(close)
    now.shift(timedelta(minutes=1))
    assert tiles()[0] == ("asleep", "until the next tick of a job that is due")
    assert card().context["reasons"] == ["The access audit is due, or its last run could not finish."]


@pytest.mark.parametrize(
    ("minutes_ago", "hours"),
    [
        ((), "0.0"),
        ((600,), "0.1"),
        ((600, 500, 400, 200, 100), "0.4"),
        (tuple(range(60, 0, -1)), "1.0"),
        ((60 * 25,), "0.0"),
    ],
)
def test_hours_awake_count_each_run_and_what_follows_it_once(
    gated: None, now: time_machine.Traveller, minutes_ago: tuple[int, ...], hours: str
) -> None:
    SweepRun.objects.all().delete()
    finish_runs(*minutes_ago)
    assert tiles()[1][0] == f"{hours} h"


def test_store_that_does_not_answer_is_an_alert(
    gated: None, now: time_machine.Traveller, answers: InjectedAnswers
) -> None:
    answers.refuse("dynamodb.GetItem", "AccessDeniedException", status=400)
    (alert,) = card().alerts
    assert alert.text.startswith("The gate's table does not answer")


QUERIES = 16
"""Of the instants of all jobs, the reasons and both kinds of runs; each reads an index or a bounded number of rows."""


def test_queries_are_bounded_whatever_is_due(gated: None, now: time_machine.Traveller) -> None:
    ends_in(timedelta(minutes=-1))
    finish_runs(*range(60))
    for days in range(20):
        leave_at_end(ends_in(timedelta(days=days + 1)).user, clock.now())
    with CaptureQueriesContext(connection) as captured:
        card()
    assert len(captured) <= QUERIES, [query["sql"] for query in captured]


def test_page_shows_it_only_with_a_gate(
    gated: None, now: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator: Client = sign_in(make_staff("subscriptions.view_sweeprun"))
    address = reverse("admin:dashboard")
    assert "Awake for jobs" not in operator.get(address).content.decode()
    monkeypatch.setattr(registries.DASHBOARD, "_paths", dict(registries.DASHBOARD._paths))
    registries.DASHBOARD.register("config.operations.sleep_card.CARDS")
    ends_in(timedelta(minutes=-1))
    text = operator.get(address).content.decode()
    assert "Awake for jobs, last 24 hours" in text
    assert "This keeps the database awake:" in text
