"""Deployed zip, run as by Lambda: schedule, requests and queues."""

import gzip
import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.event_sources.mappings import EventSource
from infra.lambda_local.event_sources.poller import EventSourcePoller
from infra.lambda_local.eventbridge.scheduled_event import scheduled_event
from infra.lambda_local.gateway.api_gateway import ApiGateway
from infra.lambda_local.gateway.http_api import HttpAPI
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.local.feedback_queue import FeedbackQueue
from infra.packaging.zappa_stage import ZappaStage
from notifications.models import Channel, Feedback, Notification, State
from subscriptions.models import Plan, Subscription
from tests.flows.deployed_function import SWEEP, fired, succeeded
from tests.support.embedded_metric_format import problems
from tests.support.factories import has_access, make_plan
from tests.support.gateway import GATEWAYS, OWN_HOST, Browser
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.ses_feedback import ses_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

DELIVERY = "notifications.jobs.deliver_notifications"
EVENTS = Path(__file__).parent.parent / "events"
ON_OWN_HOST = [gateway for gateway in GATEWAYS if gateway.host == OWN_HOST]


@pytest.fixture
def plan() -> Plan:
    return make_plan(name="Monthly", duration_days=30)


def sample(name: str) -> dict[str, Any]:
    """Return one of AWS's sample events."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def recorded(stage: ZappaStage, function: str) -> Any:
    """Return AWS's sample event with the rule that Zappa creates for the function."""
    made = scheduled_event(stage.schedule_of(function), region=stage.region, time=datetime.now(UTC))
    return sample("cloudwatch-scheduled-event") | {"resources": made["resources"]}


@pytest.mark.parametrize("event_of", [recorded, fired])
def test_scheduled_event_ends_what_is_due_and_the_next_one_tells_everyone(
    event_of: Callable[[ZappaStage, str], Any],
    due: Subscription,
    aws: LocalAWS,
    service: LambdaService,
    stage: ZappaStage,
) -> None:
    summary = succeeded(service.invoke_async(stage.lambda_name, event_of(stage, SWEEP)).result(PATIENCE_SECONDS))
    succeeded(service.invoke_async(stage.lambda_name, event_of(stage, DELIVERY)).result(PATIENCE_SECONDS))

    assert (summary["expired"], summary["failed"], summary["remaining"]) == (1, 0, 0)
    due.refresh_from_db()
    assert due.status == "expired"
    assert not has_access(due.user)
    (mail,) = aws.mails()
    assert mail.recipients == ["ada@example.com"]
    assert mail.message["Subject"] == "Your subscription to Monthly has ended"
    assert [event.attributes["type"] for event in aws.events()] == ["subscription.expired.v1"]


def test_log_has_the_metrics_of_the_stage_in_the_format_that_cloudwatch_takes_out(
    due: Subscription, aws: LocalAWS, service: LambdaService, stage: ZappaStage
) -> None:
    results = [service.invoke_async(stage.lambda_name, fired(stage, job)).result(60) for job in (SWEEP, DELIVERY)]

    lines = [line for result in results for line in result.log.splitlines() if '"_aws"' in line]
    swept, delivered = (json.loads(line) for line in lines)
    assert [problems(swept), problems(delivered)] == [[], []]
    assert {(line["Project"], line["Stage"]) for line in (swept, delivered)} == {("subs", "dev")}
    assert (swept["SubscriptionsExpired"], delivered["NotificationsSent"]) == (1, 2)
    assert "ada@" not in "".join(lines)


@pytest.mark.parametrize("gateway", ON_OWN_HOST, ids=lambda gateway: gateway.name)
def test_awss_request_events_are_answered(gateway: Any, plan: Plan, service: LambdaService, stage: ZappaStage) -> None:
    browser = Browser(gateway, lambda event: dict(succeeded(service.invoke(stage.lambda_name, event))))

    page = browser.get(f"{gateway.prefix}/")
    listed = browser.get(f"{gateway.prefix}/api/v1/plans")

    assert (page.status, listed.status) == (200, 200)
    assert "Monthly" in page.text
    assert [found["id"] for found in json.loads(listed.text)["results"]] == [plan.pk]


@pytest.mark.parametrize("kind", [RestAPI, HttpAPI])
def test_site_is_there_over_http(
    kind: type[RestAPI] | type[HttpAPI],
    plan: Plan,
    service: LambdaService,
    stage: ZappaStage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kind, "limit", timedelta(seconds=PATIENCE_SECONDS))
    api = kind(OWN_HOST, stage.name)
    with ApiGateway(api, lambda event: service.invoke(stage.lambda_name, event)) as gateway:
        _, page = get(f"{gateway.url}/")
        style = next(part for part in page.decode().split('"') if part.endswith(".css"))
        address = gateway.url.removesuffix(f"/{stage.name}") + style
        headers, packed = get(address, **{"Accept-Encoding": "gzip"})
        _, plain = get(address)

    assert "Monthly" in page.decode()
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain


def get(url: str, **headers: str) -> tuple[HTTPMessage, bytes]:
    """Return headers and body of a response with status 200."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310 - our own gateway
        return answer.headers, answer.read()


def test_message_of_a_queue_that_no_settings_name_is_refused_and_stays(
    aws: LocalAWS, service: LambdaService, stage: ZappaStage
) -> None:
    sqs = boto3.client("sqs")
    arn = f"arn:aws:sqs:{stage.region}:{ACCOUNT}:strangers"
    url = sqs.create_queue(QueueName="strangers", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    (record,) = sample("sqs-receive-message")["Records"]
    sqs.send_message(QueueUrl=url, MessageBody=record["body"])
    results: list[InvocationResult] = []

    def invoke(name: str, event: Any) -> InvocationResult:
        results.append(service.invoke(name, event))
        return results[-1]

    source = EventSource(arn, f"arn:aws:lambda:{stage.region}:{ACCOUNT}:function:{stage.lambda_name}", 1, True)
    assert [source.poll(sqs, invoke), source.poll(sqs, invoke)] == [1, 1]

    assert [result.error and result.error["errorType"] for result in results] == ["RefusedInvocation"] * 2
    assert "invocation refused" in results[0].log


def test_feedback_is_taken_in_and_only_what_is_none_ends_as_a_dead_letter(
    due: Subscription, service: LambdaService, stage: ZappaStage
) -> None:
    delivered, confirmed = mails_of(due, delivered=State.SENT, confirmed=State.UNKNOWN)
    queue = FeedbackQueue.provide(f"{stage.lambda_name}-feedback")
    hide_for_no_time(queue)
    for event in (ses_event("delivery", delivered.pk), "garbage", ses_event("send", confirmed.pk)):
        message = event if isinstance(event, str) else json.dumps(event)
        boto3.client("sns").publish(TopicArn=queue.topic_arn, Message=message)
    arn = f"arn:aws:lambda:{stage.region}:{ACCOUNT}:function:{stage.lambda_name}"
    (source,) = (EventSource(mapped.arn, arn, mapped.batch_size, True) for mapped in stage.queues)
    results: list[InvocationResult] = []

    def invoke(name: str, event: Any) -> InvocationResult:
        results.append(service.invoke(name, event))
        return results[-1]

    with EventSourcePoller(invoke, sources=lambda: [source], seconds=0.05):
        wait_until(lambda: queue.is_empty)

    delivered.refresh_from_db()
    confirmed.refresh_from_db()
    assert (delivered.state, confirmed.state) == (State.DELIVERED, State.SENT)
    assert Feedback.objects.count() == 2
    assert [len(succeeded(result)["batchItemFailures"]) for result in results] == [1] * len(results)
    letters = messages_of(f"{queue.queue_url}-dead-letters")
    assert [json.loads(letter["Body"])["Message"] for letter in letters] == ["garbage"]


def mails_of(subscription: Subscription, **states: State) -> list[Notification]:
    """Create a mail of the subscription in each of these states."""
    reminders = enumerate(states.values(), start=1)
    event = subscription.events.get()
    return [
        Notification.objects.create(
            event=event,
            channel=Channel.SES,
            state=state,
            days_before=days,
            finished_at=None if state is State.UNKNOWN else event.occurred_at,
        )
        for days, state in reminders
    ]


def hide_for_no_time(queue: FeedbackQueue) -> None:
    """Make failed messages visible immediately."""
    boto3.client("sqs").set_queue_attributes(QueueUrl=queue.queue_url, Attributes={"VisibilityTimeout": "0"})


def messages_of(queue_url: str) -> list[dict[str, Any]]:
    found = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return [dict(message) for message in found.get("Messages", [])]
