"""Events over HTTP, as they are published."""

import json
from datetime import timedelta
from typing import Any

import pytest

from foundation.orm.committed_keys import StillBeingWritten
from notifications.api import events
from notifications.sns.cloud_events import previous_events, render_event
from subscriptions.models import SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem, service_token
from tests.support.event_schema import problems, undescribed
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def consumer() -> Caller:
    return service_token("view_subscriptionevent")


@pytest.fixture
def recorded() -> list[int]:
    """Record five events of two subscriptions, and return their keys."""
    one, other = (
        Service.create_subscription(make_user(), make_plan(), now=NOW, external_id=name, metadata={"order": name})
        for name in ("one", "other")
    )
    Service.renew_subscription(one, now=NOW + timedelta(days=1))
    Service.cancel_subscription(other, now=NOW + timedelta(days=1))
    Service.cancel_now(one, now=NOW + timedelta(days=2))
    return list(SubscriptionEvent.objects.order_by("pk").values_list("pk", flat=True))


def ids(response: Any) -> list[int]:
    """Return the ids on the page."""
    assert response.status_code == 200, response.content
    return [int(event["id"]) for event in response.json()["results"]]


def test_events_are_as_the_schema_describes_and_as_they_are_published(consumer: Caller, recorded: list[int]) -> None:
    told = consumer.get("events").json()["results"]
    assert [(event["type"], problems(event)) for event in told] == [(event["type"], []) for event in told]
    assert [name for event in told for name in undescribed(event)] == []
    previous = previous_events(recorded)
    published = [
        render_event(event, previous.get(event.pk))
        for event in SubscriptionEvent.objects.select_related("subscription")
    ]
    assert told == [json.loads(text) for text in published]
    assert told[0]["data"]["external_id"] == "one"
    assert told[0]["data"]["metadata"] == {"order": "one"}


def test_consumer_reads_on_from_the_last_event_it_has(consumer: Caller, recorded: list[int]) -> None:
    assert ids(consumer.get("events", {"after": recorded[1]})) == recorded[2:]
    seen, address = [], "events?page_size=2"
    while page := ids(response := consumer.get(address)):
        seen += page
        address = response.json()["next"]
    assert seen == recorded
    assert consumer.get(address).json()["next"] == address, "it waits for what comes"
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    assert len(ids(consumer.get(address))) == 1


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=9223372036854775808", "page_size=101", "before=1"])
def test_absurd_query_is_400(query: str, consumer: Caller) -> None:
    assert_problem(consumer.get(f"events?{query}"), 400)


def test_unsettled_events_are_503_with_retry_after(consumer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsettled(model: Any) -> int:
        raise StillBeingWritten(model)

    monkeypatch.setattr(events, "complete_until", unsettled)
    response = consumer.get("events")
    assert_problem(response, 503)
    assert response["Retry-After"] == "5"


@pytest.mark.parametrize("page_size", [1, 5])
def test_number_of_queries_does_not_grow(
    page_size: int, consumer: Caller, recorded: list[int], django_assert_max_num_queries: Any
) -> None:
    consumer.get("me")
    with django_assert_max_num_queries(7):  # token, 2 permissions, highest key, PostgreSQL's writers, events, previous
        assert len(ids(consumer.get("events", {"page_size": page_size}))) == page_size
