"""Freshness of jobs behind the gate: `/readyz` and the dashboard expect no run that the gate does not let run."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from config.aws_lambda.gated_jobs import ASLEEP, run_gated
from config.operations.readiness import find_problems
from foundation import clock, gate
from foundation.dashboard.cards import Period
from foundation.gate_store import GateStore
from notifications.models import Channel, ChannelStatus, Notification, PauseReason
from payments.models import Dispute
from payments.received_money.recording import record_payment
from subscriptions.dashboard import sweeps_card
from subscriptions.jobs import check_expired_subscriptions
from subscriptions.models import AccessAuditRun
from tests.flows.gate.gated import ends_in, run
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW
from tests.support.gate import AUDIT, DELIVERY, PAYMENTS, SWEEP, Context
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CLOSE = GateStore.close


def problems() -> list[str]:
    """Return the problems of the service, without those that only delay delivery."""
    return find_problems(clock.now()).service


def alerts() -> list[str]:
    return [alert.text for alert in sweeps_card(Period(clock.now())).alerts]


def close_and_die(store: GateStore, token: str | None, markers: Mapping[str, datetime]) -> None:
    assert CLOSE(store, token, markers)
    raise KeyboardInterrupt


def tick_of_all() -> None:
    for job in (SWEEP, AUDIT, DELIVERY, PAYMENTS):
        run(job)
        connection.close()


def open_dispute() -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    Dispute.objects.create(
        payment=payment, amount=Decimal("9.90"), currency="EUR", provider="ledger", transaction_id="dp_1", opened_at=NOW
    )
    Notification.objects.all().delete()


def pause_channel() -> None:
    ChannelStatus.objects.filter(pk=Channel.SES).update(
        paused_since=NOW, paused_until=NOW + 800 * HOUR, pause_reason=PauseReason.QUOTA
    )


@pytest.mark.parametrize("keep_awake", [open_dispute, pause_channel])
def test_work_that_keeps_the_database_awake_makes_no_audit_stale(
    keep_awake: Callable[[], None], gated: None, now: time_machine.Traveller, provider: LedgerProvider
) -> None:
    keep_awake()
    tick_of_all()
    for hours in (1, 2, 12, 23, 24, 25):
        now.move_to(NOW + hours * HOUR)
        tick_of_all()
        assert problems() == []
        assert alerts() == []
    assert AccessAuditRun.objects.count() == 3, "the first, and one in each night"


def test_audit_that_does_not_run_is_stale_though_nothing_is_due(gated: None, now: time_machine.Traveller) -> None:
    now.shift(20 * MINUTE)  # the night's
    tick_of_all()
    now.shift(25 * HOUR)
    run(SWEEP)
    assert problems() == []
    now.shift(MINUTE)
    assert problems() == ["the last access audit finished 1501 minutes ago"]
    assert alerts() == ["No access audit has finished for 1\xa0day, 1\xa0hour; expected every 1500 minutes."]


def test_audit_that_left_something_to_correct_follows_at_once(gated: None, now: time_machine.Traveller) -> None:
    AccessAuditRun.objects.create(started_at=NOW, finished_at=NOW, complete=False)
    now.shift(HOUR + MINUTE)
    run(SWEEP)
    assert problems() == ["the last access audit finished 61 minutes ago"]
    assert run(AUDIT) != ASLEEP
    assert problems() == []


@pytest.mark.parametrize(
    "event", [{"manage": "check_expired_subscriptions"}, {"command": SWEEP}], ids=["manage", "command"]
)
def test_idle_sweep_by_hand_leaves_the_service_ready(
    event: dict[str, str], gated: None, now: time_machine.Traveller
) -> None:
    tick_of_all()
    now.shift(MINUTE)

    def by_hand(event: dict[str, str], context: object) -> None:
        if "manage" in event:
            call_command(event["manage"])
        else:
            check_expired_subscriptions(event, Context())

    run_gated(event, Context(), by_hand)
    now.shift(HOUR)
    assert run(SWEEP) == ASLEEP
    assert problems() == []


def test_sweep_that_does_not_run_is_stale_once_a_subscription_has_ended_that_began_after_it(
    gated: None, now: time_machine.Traveller
) -> None:
    tick_of_all()
    ends_in(HOUR)
    now.shift(HOUR + 4 * MINUTE)
    assert problems() == []
    now.shift(MINUTE)
    assert problems() == ["the last sweep finished 65 minutes ago"]


def test_process_that_dies_once_the_gate_is_closed_leaves_the_service_ready(
    gated: None, now: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_in(DAY)
    tick_of_all()
    gate.open_gate()
    now.shift(MINUTE)
    with monkeypatch.context() as patch:
        patch.setattr(GateStore, "close", close_and_die)
        with pytest.raises(KeyboardInterrupt):
            run(SWEEP)
    now.shift(HOUR)
    assert run(SWEEP) == ASLEEP
    assert problems() == []
