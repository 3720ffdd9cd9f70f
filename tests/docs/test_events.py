"""docs/events.md: the sample is valid, and the filter policies pass the documented events."""

import json
import re
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.conf import settings

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Channel, Notification
from notifications.outbox.delivery import Delivery
from subscriptions.announcements import unlimited
from subscriptions.models import Plan, Transition
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from tests.support.event_schema import problems, schema_of, undescribed
from tests.support.factories import NOW, make_user

TEXT = (settings.BASE_DIR / "docs" / "events.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SAMPLE, PAYMENT_SAMPLE, *POLICIES = map(json.loads, BLOCKS)
MONTHLY, YEARLY = 2, 4

ARRIVING = [
    {("expired", MONTHLY), ("expired", YEARLY)},
    {("expired", MONTHLY), ("expired", YEARLY), ("cancelled", MONTHLY), ("cancelled", YEARLY)},
    {(kind, plan) for kind in Transition.values if kind != "reactivated" for plan in (MONTHLY, YEARLY)},
    {("created", MONTHLY), ("renewed", MONTHLY)},
    {(kind, MONTHLY) for kind in Transition.values},
]
"""Events passed by each of the document's policies, in order: kind and plan."""


def test_sample_is_an_event() -> None:
    assert problems(SAMPLE) == []
    assert list(undescribed(SAMPLE)) == []


def test_sample_of_a_payment_is_an_event() -> None:
    assert problems(PAYMENT_SAMPLE, "payment") == []
    assert list(undescribed(PAYMENT_SAMPLE, schema_of("payment"))) == []


@pytest.mark.parametrize("subject", ["subscription", "payment"])
def test_document_names_the_schema_and_every_type(subject: str) -> None:
    assert f"(schemas/{subject}-events.v1.json)" in TEXT
    types = schema_of(subject)["properties"]["type"]["enum"]
    assert set(re.findall(rf"^\| `({subject}\.\S+)` \|", TEXT, re.MULTILINE)) == set(types)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("policy", "arriving"), list(zip(POLICIES, ARRIVING, strict=True)))
def test_filter_policy_lets_through_what_it_says(
    policy: dict[str, Any], arriving: set[tuple[str, int]], aws: LocalAWS
) -> None:
    queue_url = subscribe(policy)
    monthly, yearly = (
        Plan.objects.create(pk=key, name=f"Plan {key}", price=1, currency="EUR", duration_days=30)
        for key in (MONTHLY, YEARLY)
    )
    live_on(monthly, yearly)
    live_on(yearly, monthly)

    Delivery(unlimited).run()

    assert Notification.objects.filter(channel=Channel.SNS, state="sent").count() == 2 * len(Transition)
    assert received(queue_url) == arriving


def subscribe(policy: dict[str, Any]) -> str:
    """Return the URL of a queue subscribed with this policy."""
    url = boto3.client("sqs").create_queue(QueueName="filtered")["QueueUrl"]
    boto3.client("sns").subscribe(
        TopicArn=settings.SNS_TOPIC_ARN,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:filtered",
        Attributes={
            "RawMessageDelivery": "true",
            "FilterPolicy": json.dumps(policy),
            "FilterPolicyScope": "MessageBody" if "data" in policy else "MessageAttributes",
        },
    )
    return url


def live_on(plan: Plan, other: Plan) -> None:
    """Record every transition once, the last two on the other plan."""
    subscription = Service.create_subscription(make_user(), plan, now=NOW)
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    Service.renew_subscription(subscription, now=NOW)
    change_plan(subscription, other, "now", now=NOW)
    Service.cancel_now(subscription, now=NOW + timedelta(days=1))


def received(queue_url: str) -> set[tuple[str, int]]:
    """Return kind and plan of each event in the queue."""
    found = set()
    while messages := boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            event = json.loads(message["Body"])
            found.add((event["type"].split(".")[1], event["data"]["plan"]["id"]))
    return found
