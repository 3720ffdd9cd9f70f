"""Events of payments as they are published, checked against docs/."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Channel, Notification, State
from notifications.outbox import claims
from notifications.outbox.delivery import Delivery
from notifications.sns import publisher
from notifications.sns.channel import SnsChannel
from payments.announcements import announce_disputed, announce_failed, announce_failed_refund, announce_refunded
from payments.models import Order, Payment
from payments.received_money.recording import record_payment
from subscriptions.announcements import unlimited
from tests.payments.opened_orders import first_order, money
from tests.support.event_schema import problems, schema_of, undescribed
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def live_through(order: Order) -> None:
    """Let a try fail, the money arrive, and whoever paid dispute it."""
    with transaction.atomic():
        announce_failed(order, "expired_card", NOW + DAY, NOW)
    payment = record_payment(order, money(), now=NOW + DAY)
    with transaction.atomic():
        announce_disputed(payment, NOW + 2 * DAY)


def deliver(aws: LocalAWS) -> list[dict[str, Any]]:
    """Deliver, and return the payments' events in the queue so far, in the order of the chain."""
    Delivery(unlimited).run()
    bodies = [event.body for event in aws.events() if event.body["subject"].startswith("orders/")]
    return sorted(bodies, key=lambda body: int(body["id"].removeprefix("payment-")))


def test_what_becomes_of_an_order_is_sent_as_the_schema_describes_it(aws: LocalAWS) -> None:
    order = first_order()
    live_through(order)
    sent = deliver(aws)

    assert [event["type"] for event in sent] == ["payment.failed.v1", "payment.succeeded.v1", "payment.disputed.v1"]
    assert [problems(event, "payment") for event in sent] == [[], [], []]
    assert [name for event in sent for name in undescribed(event, schema_of("payment"))] == []
    assert {event["subject"] for event in sent} == {f"orders/{order.pk}"}
    assert [event.get("previousid") for event in sent] == [None, sent[0]["id"], sent[1]["id"]]


def test_event_names_what_was_asked_for_and_what_moved(aws: LocalAWS) -> None:
    live_through(first_order())
    failed, succeeded, _disputed = (event["data"] for event in deliver(aws))

    assert (failed["amount"], failed["code"], failed["transaction_id"]) == ("9.90", "expired_card", None)
    assert failed["next_attempt_at"] == (NOW + DAY).isoformat()
    assert (succeeded["amount"], succeeded["currency"], succeeded["code"]) == ("9.90", "EUR", "")
    assert succeeded["subscription_id"]
    assert succeeded["transaction_id"]


def test_event_of_a_surplus_names_the_currency_of_its_payment(aws: LocalAWS) -> None:
    order = first_order()
    surplus = record_payment(order, money("1000", "JPY"), now=NOW)
    assert surplus.surplus
    moved = {"of": surplus, "order": order, "provider": "manual", "currency": "JPY", "paid_at": NOW, "recorded_at": NOW}
    refund = Payment.objects.create(kind="refund", amount=-1000, transaction_id="re_1", **moved)
    reversal = Payment.objects.create(kind="reversal", amount=1000, transaction_id="re_1-failed", **moved)
    with transaction.atomic():
        announce_refunded(refund)
        announce_failed_refund(reversal, "lost_or_stolen_card")
        announce_disputed(surplus, NOW)

    sent = [(event["type"], event["data"]["amount"], event["data"]["currency"]) for event in deliver(aws)]
    assert sent == [
        ("payment.refunded.v1", "-1000.00", "JPY"),
        ("payment.refund_failed.v1", "1000.00", "JPY"),
        ("payment.disputed.v1", "1000.00", "JPY"),
    ]


def test_subject_of_a_site_with_a_prefix_follows_the_prefix(aws: LocalAWS, settings: Any) -> None:
    settings.EVENT_TYPE_PREFIX = "com.example.subscription"
    live_through(first_order())
    assert deliver(aws)[0]["type"] == "com.example.payment.failed.v1"


def test_later_event_waits_until_the_earlier_one_of_its_order_is_out() -> None:
    live_through(first_order())
    first, *_later = Notification.objects.filter(payment_event__isnull=False).order_by("pk")

    held = claims.claim(Channel.SNS, 100)
    assert [row.pk for row in held.notifications if row.payment_event_id] == [first.pk]


def test_no_mail_is_recorded_for_a_payment_event() -> None:
    live_through(first_order())
    channels = Notification.objects.filter(payment_event__isnull=False).values_list("channel", "state")
    assert set(channels) == {(Channel.SNS, State.PENDING)}


@pytest.mark.parametrize("number", [1, 5])
def test_one_query_finds_all_that_came_before(number: int) -> None:
    for _number in range(number):
        live_through(first_order())
    rows = Notification.objects.filter(payment_event__isnull=False).order_by("pk")
    notifications = list(rows.select_related(*SnsChannel.related_to_payments))

    with CaptureQueriesContext(connection) as queries:
        messages = publisher.compose(notifications)

    assert len(queries) == 1
    assert ["previousid" in entry["Message"] for entry in messages.values()] == [False, True, True] * number


def test_fifo_topic_keeps_the_order_of_each_order(settings: Any) -> None:
    settings.SNS_TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:events.fifo"
    order = first_order()
    live_through(order)
    rows = Notification.objects.filter(payment_event__isnull=False).select_related(*SnsChannel.related_to_payments)
    assert {entry["MessageGroupId"] for entry in publisher.compose(rows).values()} == {f"order-{order.pk}"}
