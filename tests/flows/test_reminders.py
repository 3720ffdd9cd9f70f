"""Complete reminder: EventBridge's event enters Zappa's handler, the mail arrives, and one click unsubscribes."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage
from notifications.models import Notification
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, make_plan, make_user

pytestmark = pytest.mark.django_db(transaction=True)

REMINDERS = "notifications.jobs.send_expiry_reminders"
DELIVERY = "notifications.jobs.deliver_notifications"


@pytest.fixture
def ending() -> Subscription:
    """Create Ada's subscription, which ends in three days."""
    ada = make_user(first_name="Ada", email="ada@example.com")
    start = datetime.now(UTC) - MONTH + timedelta(days=3)
    subscription = Service.create_subscription(ada, make_plan(reminder_days=[7, 5]), now=start)
    Notification.objects.all().delete()
    return subscription


def fire(lambda_function: LambdaFunction, stage: ZappaStage, function: str) -> object:
    event = delivered_event(stage.schedule_of(function), region=stage.region, time=datetime.now(UTC))
    return lambda_function.invoke(event)


def test_scheduled_event_reminds_once(
    ending: Subscription, aws: LocalAWS, lambda_function: LambdaFunction, stage: ZappaStage
) -> None:
    summaries = [fire(lambda_function, stage, REMINDERS) for _ in range(2)]
    assert summaries == [
        {"recorded": 1, "complete": True, "malformed_plans": 0},
        {"recorded": 0, "complete": True, "malformed_plans": 0},
    ]
    for _ in range(2):
        fire(lambda_function, stage, DELIVERY)
    (mail,) = aws.mails()
    assert mail.recipients == ["ada@example.com"]
    assert mail.message["Subject"].startswith("Your access to Monthly ends on")
    assert "unless it is renewed before then" in mail.text("plain")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert aws.events() == []


def test_one_click_on_the_link_of_the_mail_ends_the_next_reminder_and_no_receipt(
    ending: Subscription, aws: LocalAWS, lambda_function: LambdaFunction, stage: ZappaStage
) -> None:
    fire(lambda_function, stage, REMINDERS)
    fire(lambda_function, stage, DELIVERY)
    link = aws.mails()[0].message["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    body = aws.mails()[0].message["List-Unsubscribe-Post"]
    provider = Client(enforce_csrf_checks=True)
    answer = provider.generic("POST", urlsplit(link).path, body, "application/x-www-form-urlencoded")
    assert answer.status_code == 200

    aws.reset()
    for user in (ending.user, make_user(email="grace@example.com")):
        Service.create_subscription(user, make_plan(name="Weekly"), now=ending.start_date)
    fire(lambda_function, stage, REMINDERS)
    fire(lambda_function, stage, DELIVERY)
    assert sorted(
        (mail.recipients[0], mail.message["Subject"].partition(" Weekly ")[2][:7]) for mail in aws.mails()
    ) == [
        ("ada@example.com", "has beg"),
        ("grace@example.com", "ends on"),
        ("grace@example.com", "has beg"),
    ]
