"""Delivery to the local AWS."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.email_addresses import address_of
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.channels import retry
from notifications.models import Channel, Notification
from notifications.outbox.delivery import Delivery
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_due, make_plan, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(time_left: timedelta = timedelta(minutes=5)) -> dict[str, int]:
    return Delivery(lambda: time_left).run()


def states() -> Counter[tuple[str, str]]:
    return Counter(Notification.objects.values_list("channel", "state"))


def test_each_notification_arrives_once_and_bears_the_id_that_aws_gave_it(aws: LocalAWS) -> None:
    due = make_due(make_plan(), 25)
    Service.sweep(now=NOW)
    summary = deliver()
    assert (summary["claimed"], summary["accepted"]) == (50, 50)
    assert states() == {("ses", "sent"): 25, ("sns", "sent"): 25}
    mails = aws.mails()
    assert sorted(recipient for mail in mails for recipient in mail.recipients) == sorted(
        address_of(row.user) for row in due
    )
    assert {mail.message_id for mail in mails} == set(
        Notification.objects.filter(channel=Channel.SES).values_list("message_id", flat=True)
    )
    assert sorted(event.body["data"]["subscription_id"] for event in aws.events()) == [row.pk for row in due]


def test_second_run_sends_nothing(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    deliver()
    assert deliver()["claimed"] == 0
    assert (len(aws.mails()), len(aws.events())) == (1, 1)


def test_user_without_an_address_is_told_to_nobody_but_recorded_and_the_event_still_goes_out(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(email=""), make_plan(), now=NOW)
    assert deliver()["undeliverable"] == 1
    mail = Notification.objects.get(channel=Channel.SES)
    assert (mail.state, mail.error) == ("suppressed", "no e-mail address")
    assert (len(aws.mails()), len(aws.events())) == (0, 1)


def test_address_that_only_django_takes_for_valid_costs_only_its_own_mail(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(email="a@" + "ü" * 60 + ".de"), make_plan(), now=NOW)
    Service.create_subscription(make_user(email="Ada@Bücher.example"), make_plan(), now=NOW)
    assert deliver()["undeliverable"] == 1
    assert states() == {("ses", "suppressed"): 1, ("ses", "sent"): 1, ("sns", "sent"): 2}
    (mail,) = aws.mails()
    assert mail.recipients == ["Ada@xn--bcher-kva.example"]
    assert mail.message["To"] == "Ada@xn--bcher-kva.example"


def test_second_channel_is_not_begun_when_the_first_one_took_the_time(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    left = iter([timedelta(minutes=5)])
    assert Delivery(lambda: next(left, timedelta(seconds=69))).run()["claimed"] == 1
    assert (len(aws.mails()), len(aws.events())) == (0, 1)


def test_no_claim_is_begun_when_the_time_is_short(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    assert deliver(time_left=timedelta(seconds=69))["claimed"] == 0
    assert states() == {("ses", "pending"): 1, ("sns", "pending"): 1}


def test_missing_topic_is_waited_for_while_mails_go_out(
    aws: LocalAWS, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "delay", lambda attempts, chance: timedelta(hours=attempts))
    settings.SNS_TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:no-such-topic"  # type: ignore[attr-defined]
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    deliver()
    event = Notification.objects.get(channel=Channel.SNS)
    assert (event.state, event.attempts, event.error) == ("pending", 0, "NotFound")
    assert len(aws.mails()) == 1


def test_queries_grow_with_claims_and_not_with_notifications(aws: LocalAWS) -> None:
    make_due(make_plan(), 96)
    Service.sweep(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        deliver()
    # 96 mails in claims of 32, 96 events in one. With BEGIN and COMMIT a claim of mails takes 10 queries, of events 8;
    # an empty one 7 and 4, of which one looks for events of payments. A round looks once at the channels; 2 ask for
    # the account's rate; and 8 look for what was abandoned, what was not confirmed and what is left.
    assert len(queries) <= 3 * 10 + 8 + 7 + 3 * 4 + 4 + 2 + 8
