"""Published events, checked against docs/: schema, chain of a subscription, replays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.large_history import fill
from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Channel, Notification, State
from notifications.outbox import claims
from notifications.outbox.delivery import Delivery
from notifications.sns import publisher
from notifications.sns.channel import SnsChannel
from subscriptions.announcements import unlimited
from subscriptions.models import Subscription, Transition
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from tests.support.event_schema import problems, undescribed
from tests.support.explain import walks_of
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def live_through_everything(subscription: Subscription) -> None:
    """Run every transition after the first, and both ends: by the sweep and by an operator."""
    Service.cancel_subscription(subscription, now=NOW + DAY)
    Service.reactivate_subscription(subscription, now=NOW + 2 * DAY)
    Service.sweep(now=NOW + MONTH)
    Service.renew_subscription(subscription, now=NOW + MONTH)
    change_plan(subscription, make_plan(name="Yearly"), "now", now=NOW + MONTH)
    Service.cancel_now(subscription, now=NOW + MONTH + DAY)


def deliver(aws: LocalAWS) -> list[dict[str, Any]]:
    """Deliver, and return all events in the queue so far, sorted by id."""
    Delivery(unlimited).run()
    return sorted((event.body for event in aws.events()), key=lambda body: int(body["id"]))


@pytest.fixture
def sent(aws: LocalAWS) -> list[dict[str, Any]]:
    """Return the events of a subscription with every transition."""
    live_through_everything(Service.create_subscription(make_user(), make_plan(), now=NOW))
    return deliver(aws)


def test_every_transition_is_sent_as_the_schema_describes_it(sent: list[dict[str, Any]]) -> None:
    assert [event["type"] for event in sent] == [
        "subscription.created.v1",
        "subscription.cancelled.v1",
        "subscription.reactivated.v1",
        "subscription.expired.v1",
        "subscription.renewed.v1",
        "subscription.changed.v1",
        "subscription.expired.v1",
    ]
    assert {event["type"].split(".")[1] for event in sent} == set(Transition)
    assert [(event["type"], problems(event)) for event in sent] == [(event["type"], []) for event in sent]
    assert [name for event in sent for name in undescribed(event)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda event: event.pop("id"),
        lambda event: event.update(id=17),
        lambda event: event.update(specversion="0.3"),
        lambda event: event.update(type="subscription.expired.v2"),
        lambda event: event.update(time="yesterday+00:00"),
        lambda event: event.update(time="2026-12-01T03:00:00+01:00"),
        lambda event: event.update(previous_id="1"),
        lambda event: event["data"].pop("user_id"),
        lambda event: event["data"].update(price=9.9),
        lambda event: event["data"].update(old_end_date=None),
    ],
)
def test_schema_would_refuse_anything_else(spoil: Callable[[Any], object], sent: list[dict[str, Any]]) -> None:
    expired = sent[-1]
    spoil(expired)
    assert problems(expired)


def test_each_event_names_the_one_before_it_of_the_same_subscription(aws: LocalAWS) -> None:
    plan = make_plan()
    one, other = (Service.create_subscription(make_user(), plan, now=NOW) for _ in range(2))
    for at in (NOW + DAY, NOW + 2 * DAY):
        Service.renew_subscription(one, now=at)
        Service.renew_subscription(other, now=at)

    events = deliver(aws)

    for subscription in (one, other):
        chain = [event for event in events if event["subject"] == f"subscriptions/{subscription.pk}"]
        assert len(chain) == 3
        assert [event.get("previousid") for event in chain] == [None, *(event["id"] for event in chain[:-1])]
        assert "previousid" not in chain[0]


def test_a_replay_is_the_same_event_although_others_have_followed(aws: LocalAWS) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    Service.cancel_subscription(subscription, now=NOW + DAY)
    before = deliver(aws)
    Service.reactivate_subscription(subscription, now=NOW + 2 * DAY)
    keys = list(Notification.objects.filter(channel=Channel.SNS, state=State.SENT).values_list("pk", flat=True))
    Notification.objects.filter(pk__in=keys).update(state=State.FAILED)
    claims.send_again(keys, State.FAILED)

    first, again, second, second_again, third = deliver(aws)

    assert [first, second] == [again, second_again] == before
    assert third["previousid"] == second["id"]


@pytest.mark.parametrize("number", [1, 20])
def test_one_query_finds_all_that_came_before(number: int) -> None:
    plan = make_plan()
    for _ in range(number):
        Service.renew_subscription(Service.create_subscription(make_user(), plan, now=NOW), now=NOW + DAY)
    rows = Notification.objects.filter(channel=Channel.SNS).order_by("pk")
    notifications = list(rows.select_related(*SnsChannel.related))

    with CaptureQueriesContext(connection) as queries:
        messages = publisher.compose(notifications)

    assert len(queries) == 1
    assert ["previousid" in entry["Message"] for entry in messages.values()] == [False, True] * number


@pytest.mark.postgresql
def test_previous_event_is_found_without_a_scan_of_a_large_table() -> None:
    fill(17_000, clock.now())
    claim = claims.claim(Channel.SNS, 320)
    with CaptureQueriesContext(connection) as queries:
        publisher.compose(claim.notifications)

    assert len(claim.notifications) == 320
    assert [list(walks_of(query["sql"], most_discarded=1000)) for query in queries] == [[]]
