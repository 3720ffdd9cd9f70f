"""Complete sweep: EventBridge's event enters Zappa's handler and causes expiry, access changes, mail and event."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from foundation.jobs.invocation import InvalidJobEvent, JobFailed
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.eventbridge.scheduled_event import delivered_event, scheduled_event
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage
from notifications.models import Notification
from subscriptions.models import Subscription, SubscriptionEvent, SweepRun
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscription_expired
from tests.support.factories import MONTH, has_access, make_due, make_plan, make_user

pytestmark = pytest.mark.django_db(transaction=True)

SWEEP = "subscriptions.jobs.check_expired_subscriptions"
DELIVERY = "notifications.jobs.deliver_notifications"
SAMPLE = Path(__file__).parent.parent / "events" / "cloudwatch-scheduled-event.json"


@pytest.fixture
def due() -> Subscription:
    """Create Ada's only subscription, which ended an hour ago."""
    now = datetime.now(UTC)
    ada = make_user(first_name="Ada", email="ada@example.com")
    subscription = Service.create_subscription(ada, make_plan(), now=now - MONTH - timedelta(hours=1))
    Notification.objects.all().delete()
    return subscription


def recorded(stage: ZappaStage, function: str) -> dict[str, Any]:
    """Return AWS's sample event with the rule that Zappa creates for the function."""
    sample: dict[str, Any] = json.loads(SAMPLE.read_text())
    schedule = stage.schedule_of(function)
    made = scheduled_event(schedule, region=stage.region, time=datetime.now(UTC))
    return sample | {"resources": made["resources"]}


def transformed(stage: ZappaStage, function: str) -> dict[str, Any]:
    """Return the event after the rule's input transformer."""
    event: dict[str, Any] = delivered_event(stage.schedule_of(function), region=stage.region, time=datetime.now(UTC))
    return event


@pytest.mark.parametrize("event_of", [recorded, transformed])
def test_scheduled_event_expires_ends_access_and_tells_everyone(
    event_of: Any, due: Subscription, aws: LocalAWS, lambda_function: LambdaFunction, stage: ZappaStage
) -> None:
    assert has_access(due.user)
    summary = lambda_function.invoke(event_of(stage, SWEEP))
    assert json.loads(json.dumps(summary)) == SweepRun.objects.get().summary()
    assert (summary["expired"], summary["failed"], summary["remaining"]) == (1, 0, 0)
    assert 3600 <= summary["oldest_late_s"] < 2 * 3600
    due.refresh_from_db()
    assert due.status == "expired"
    assert not has_access(due.user)

    lambda_function.invoke(event_of(stage, DELIVERY))
    (mail,) = aws.mails()
    assert mail.recipients == ["ada@example.com"]
    assert mail.message["Subject"] == "Your subscription to Monthly has ended"
    assert "Hello Ada," in mail.text("plain")
    (event,) = aws.events()
    assert event.attributes["type"] == event.body["type"] == "subscription.expired.v1"
    assert event.body["data"]["subscription_id"] == due.pk


def test_repeated_and_delayed_events_change_nothing_more(
    due: Subscription, aws: LocalAWS, lambda_function: LambdaFunction, stage: ZappaStage
) -> None:
    sweep, delivery = transformed(stage, SWEEP), transformed(stage, DELIVERY)
    for event in (sweep, sweep, delivery, delivery, sweep, delivery):
        lambda_function.invoke(event)
    assert SubscriptionEvent.objects.filter(transition="expired").count() == 1
    assert (len(aws.mails()), len(aws.events())) == (1, 1)


def test_operator_may_start_the_sweep_by_hand(due: Subscription, lambda_function: LambdaFunction) -> None:
    assert lambda_function.invoke({"command": SWEEP})["expired"] == 1


@pytest.mark.parametrize("broken", [{"source": "somebody.else"}, {"source": None}], ids=["foreign source", "no source"])
def test_event_that_eventbridge_did_not_make_is_refused(
    broken: dict[str, Any], due: Subscription, lambda_function: LambdaFunction, stage: ZappaStage
) -> None:
    with pytest.raises(InvalidJobEvent, match=r"aws\.events"):
        lambda_function.invoke(transformed(stage, SWEEP) | broken)
    assert not SweepRun.objects.exists()
    due.refresh_from_db()
    assert due.status == "active"


@pytest.fixture
def type_error_in_the_sweep(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Make the sweep raise TypeError; the list counts its runs."""
    runs: list[int] = []

    def broken_create(**fields: Any) -> SweepRun:
        runs.append(1)
        raise TypeError("no sweep today")

    monkeypatch.setattr(SweepRun.objects, "create", broken_create)
    return runs  # type: ignore[return-value]


def test_type_error_runs_the_job_once_and_is_in_the_log(
    type_error_in_the_sweep: list[int],
    lambda_function: LambdaFunction,
    stage: ZappaStage,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(JobFailed, match="TypeError: no sweep today"):
        lambda_function.invoke(transformed(stage, SWEEP))
    assert type_error_in_the_sweep == [1]
    assert "no sweep today" in caplog.text


def test_raising_public_receiver_does_not_fail_the_job(
    due: Subscription, lambda_function: LambdaFunction, stage: ZappaStage, caplog: pytest.LogCaptureFixture
) -> None:
    def clumsy(**kwargs: Any) -> None:
        raise RuntimeError("clumsy")

    subscription_expired.connect(clumsy)
    try:
        assert lambda_function.invoke(transformed(stage, SWEEP))["expired"] == 1
    finally:
        subscription_expired.disconnect(clumsy)
    assert "clumsy" in caplog.text


def test_log_of_the_whole_way_holds_nothing_personal(
    due: Subscription,
    aws: LocalAWS,
    lambda_function: LambdaFunction,
    stage: ZappaStage,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_due(due.plan, 3, end=datetime.now(UTC) - timedelta(hours=2))
    with caplog.at_level(logging.INFO):
        lambda_function.invoke(transformed(stage, SWEEP))
        lambda_function.invoke(transformed(stage, DELIVERY))
    ours = [str(record.__dict__) for record in caplog.records]
    assert any("sweep finished" in line for line in ours)
    assert not [line for line in ours if "@" in line or "Ada" in line]
