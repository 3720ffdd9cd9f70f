"""Store of the gate that fails: each job does what it does without a gate, and no later."""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from django.db import connection

from config.aws_lambda.gated_jobs import ASLEEP
from foundation import clock, gate, gate_store
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Notification
from payments.models import Attempt, Order
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.gate import lateness
from tests.flows.gate.gated import ends_in, invoke, run
from tests.payments.charging.renewal_orders import DAY, agree, make_method
from tests.payments.opened_orders import renewal_order
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.gate import DELIVERY, PAYMENTS, REMINDERS, SWEEP, TABLE, Context, tick
from tests.support.injected_answers import InjectedAnswers
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

SECOND = timedelta(seconds=1)
MINUTES = 6
END, REMINDER, CHARGE = (NOW + seconds * SECOND for seconds in (90, 130, 200))
"""Instants at which something is due, each between two ticks."""

OUTCOME = {
    "statuses": ["expired", "active", "active"],
    "charges": 1,
    "mails": [
        "Your access to Monthly ends on Dec. 8, 2026",
        "Your subscription to Monthly has ended",
        "Your subscription to Monthly is renewed",
    ],
    "events": ["payment.succeeded.v1", "subscription.expired.v1", "subscription.renewed.v1"],
}

FAULTS = ["refused", "400", "500", "black hole", "slow", "read-only", "garbage", "deleted"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("job", [SWEEP, DELIVERY])
def test_store_that_fails_leaves_each_job_as_without_a_gate(
    fault: str,
    job: str,
    gated: None,
    answers: InjectedAnswers,
    aws: LocalAWS,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscription = ends_in(-timedelta(hours=1))
    store = gate.store()
    assert store.close(store.read().token, {"sweep": clock.now() + timedelta(hours=1)})  # which nobody is to believe
    with broken(fault, answers, monkeypatch):
        assert run(SWEEP)["expired"] == 1
        assert run(DELIVERY)["accepted"] == 2
        assert run(job) != ASLEEP
    subscription.refresh_from_db()
    assert subscription.status == "expired"
    assert (len(aws.mails()), len(aws.events())) == (1, 1)


def test_jobs_are_on_time_without_a_gate(
    aws: LocalAWS, provider: LedgerProvider, transactional_db: None, now: time_machine.Traveller
) -> None:
    begin_three_lives()
    late = run_minutes(now, lambda job: invoke(tick(job), Context()))
    assert late == {"end": 30 * SECOND, "reminder": 50 * SECOND, "charge": 40 * SECOND}
    assert outcome(aws, provider) == OUTCOME


@pytest.mark.parametrize("fault", FAULTS)
def test_jobs_are_no_later_where_the_store_fails(
    fault: str,
    gated: None,
    provider: LedgerProvider,
    answers: InjectedAnswers,
    aws: LocalAWS,
    now: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep waits for an end within the minute, so that one is on time to the second."""
    begin_three_lives()
    store = gate.store()
    assert store.close(store.read().token, dict.fromkeys(("sweep", "remind"), NOW + timedelta(hours=1)))
    with broken(fault, answers, monkeypatch):
        late = run_minutes(now, lambda job: run(job, sleep=lambda seconds: now.shift(timedelta(seconds=seconds))))
    assert late == {"end": timedelta(), "reminder": 50 * SECOND, "charge": 40 * SECOND}
    assert outcome(aws, provider) == OUTCOME


def begin_three_lives() -> None:
    """Have one subscription end, one reminded and one charged, and nothing else to send."""
    ends_in(END - NOW)
    Service.create_subscription(make_user(), make_plan(reminder_days=[7]), now=REMINDER + 7 * DAY - MONTH)
    renewed = Service.create_subscription(make_user(), make_plan(), now=NOW + DAY - MONTH)
    agree(renewed, make_method(renewed.user))
    order = renewal_order(renewed, NOW)
    Service.grant_grace(renewed, renewed.end_date + 7 * DAY, now=NOW)
    order.due_at, order.way, order.provider = CHARGE, Order.Way.CHARGE, LedgerProvider.name
    order.save()
    Notification.objects.all().delete()
    connection.close()


def run_minutes(now: time_machine.Traveller, run_job: Callable[[str], object]) -> dict[str, timedelta]:
    """Run every job each minute; return how late each of the three was. The sweep is last: the others do not wait."""
    reminded: datetime | None = None
    for minute in range(MINUTES):
        now.move_to(NOW + minute * 60 * SECOND)
        for job in (DELIVERY, REMINDERS, PAYMENTS, SWEEP):
            run_job(job)
            if reminded is None and Notification.objects.filter(days_before=7).exists():
                reminded = clock.now()
            connection.close()
    assert reminded
    (end,) = lateness.ends()
    return {"end": end, "reminder": reminded - REMINDER, "charge": Attempt.objects.get().begun_at - CHARGE}


def outcome(aws: LocalAWS, provider: LedgerProvider) -> dict[str, Any]:
    """Return what has become of the three, what was charged, and what was told."""
    return {
        "statuses": list(Subscription.objects.order_by("pk").values_list("status", flat=True)),
        "charges": len(provider.successes()),
        "mails": sorted(str(mail.message["Subject"]) for mail in aws.mails()),
        "events": sorted(event.body["type"] for event in aws.events()),
    }


def broken(fault: str, answers: InjectedAnswers, patch: pytest.MonkeyPatch) -> Any:
    """Return a context in which the store is broken in this way."""

    stack = ExitStack()
    everything = 10_000
    if fault in {"400", "500"}:
        answers.refuse("dynamodb.UpdateItem", "Broken", status=int(fault), times=everything)
        answers.refuse("dynamodb.GetItem", "Broken", status=int(fault), times=everything)
    elif fault == "read-only":
        answers.refuse("dynamodb.UpdateItem", "AccessDeniedException", times=everything)
    elif fault == "slow":
        patch.setattr(gate_store, "TIMEOUT", 0.1)
        answers.before("dynamodb.UpdateItem", lambda: time.sleep(0.3), times=everything)
        answers.before("dynamodb.GetItem", lambda: time.sleep(0.3), times=everything)
    elif fault == "garbage":
        answers.alter("dynamodb.UpdateItem", lambda _: b"{", times=everything)
    elif fault == "deleted":
        boto3.client("dynamodb").delete_table(TableName=TABLE)
    else:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        if fault == "black hole":
            server.listen(10_000)
            patch.setattr(gate_store, "TIMEOUT", 0.1)
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.getsockname()[1]}")
    return stack
