"""Events to SNS: their format, and the result of each batch entry."""

import json
import re
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber
from django.test.utils import override_settings

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.aws import clients
from notifications.aws.results import Result, ResultKind
from notifications.models import Channel, Notification, PauseReason
from notifications.sns import publisher
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

pytestmark = pytest.mark.django_db


@pytest.fixture
def notification() -> Notification:
    subscription = Service.create_subscription(make_user(first_name="Ada"), make_plan(), now=NOW)
    Service.cancel_subscription(subscription, "my secret illness", now=NOW)
    return Notification.objects.filter(channel=Channel.SNS).latest("pk")


def entry(notification: Notification) -> "PublishBatchRequestEntryTypeDef":
    """Return its entry."""
    return publisher.compose([notification])[notification.pk]


def test_topic_that_sns_calls_invalid_pauses_the_channel_and_fails_no_event(notification: Notification) -> None:
    with Stubber(clients.sns()) as stub:
        stub.add_client_error("publish_batch", "InvalidParameter", "Invalid parameter: TopicArn", 400)
        result = publisher.publish([entry(notification)])[notification.pk]
    assert result == Result(ResultKind.PAUSED, error="InvalidParameter", pause=PauseReason.CONFIGURATION)


def test_event_is_cloudevents_json_with_ids_and_figures(notification: Notification) -> None:
    event = notification.cause
    subscription = event.subscription
    assert json.loads(entry(notification)["Message"]) == {
        "specversion": "1.0",
        "id": str(event.pk),
        "source": "http://127.0.0.1:8000",
        "type": "subscription.cancelled.v1",
        "subject": f"subscriptions/{subscription.pk}",
        "time": "2026-12-01T03:00:00+00:00",
        "previousid": str(subscription.events.earliest("pk").pk),
        "datacontenttype": "application/json",
        "data": {
            "subscription_id": subscription.pk,
            "user_id": subscription.user_id,
            "plan": {"id": subscription.plan_id, "name": "Monthly"},
            "price": "9.90",
            "currency": "EUR",
            "old_end_date": (NOW + MONTH).isoformat(),
            "new_end_date": (NOW + MONTH).isoformat(),
            "external_id": "",
            "metadata": {},
        },
    }


def test_event_holds_nothing_personal(notification: Notification) -> None:
    assert not re.search(r"@|Ada|user\d|illness", json.dumps(entry(notification)).replace("user_id", ""))


def test_attributes_let_subscribers_filter(notification: Notification) -> None:
    attributes = entry(notification)["MessageAttributes"]
    assert attributes["type"] == {"DataType": "String", "StringValue": "subscription.cancelled.v1"}
    assert attributes["plan_id"]["DataType"] == "Number"


def test_fifo_topic_gets_order_by_subscription_and_deduplication_by_event(notification: Notification) -> None:
    assert "MessageGroupId" not in entry(notification)
    with override_settings(SNS_TOPIC_ARN="arn:aws:sns:us-east-1:123456789012:subscription-events.fifo"):
        fifo = entry(notification)
    assert fifo["MessageGroupId"] == str(notification.cause.subscription_id)
    assert fifo["MessageDeduplicationId"] == str(notification.event_id)


def test_each_entry_of_a_partly_failed_batch_gets_its_own_outcome(aws: LocalAWS) -> None:
    assert publish_stubbed(
        [1, 2, 3, 4, 5],
        {
            "Successful": [{"Id": "1", "MessageId": "m-1"}],
            "Failed": [
                {"Id": "2", "Code": "InvalidParameter", "SenderFault": True},
                {"Id": "3", "Code": "InternalError", "SenderFault": False},
                {"Id": "4", "Code": "Throttling", "SenderFault": True},
            ],
        },
    ) == {
        1: Result(ResultKind.ACCEPTED, message_id="m-1"),
        2: Result(ResultKind.REFUSED, error="InvalidParameter"),
        3: Result(ResultKind.UNSENT, error="InternalError"),
        4: Result(ResultKind.THROTTLED, error="Throttling"),
        5: Result(ResultKind.UNKNOWN, error="not in the answer"),
    }


def publish_stubbed(keys: list[int], answer: dict[str, object]) -> dict[int, Result]:
    """Publish through the real client with AWS's response given: moto cannot fail a part of a batch."""
    with Stubber(clients.sns()) as stubber:
        stubber.add_response("publish_batch", answer)
        return publisher.publish([{"Id": str(key), "Message": "{}"} for key in keys])


def test_missing_topic_is_nobodys_fault_among_the_entries(aws: LocalAWS) -> None:
    with override_settings(SNS_TOPIC_ARN="arn:aws:sns:us-east-1:123456789012:no-such-topic"):
        results = publisher.publish([{"Id": "7", "Message": "{}"}, {"Id": "8", "Message": "{}"}])
    assert {key: result.kind for key, result in results.items()} == {7: ResultKind.PAUSED, 8: ResultKind.PAUSED}
