"""Query plans of the operator pages: none scans a table that grows with the number of subscribers."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.large_history import EVENTS_EACH, fill
from foundation import clock
from notifications.models import BAD_NEWS, Channel, State
from subscriptions.models import Plan, Subscription, Transition
from tests.support.explain import LARGE, USERS, walks_of
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

SUBSCRIPTIONS = 17_000
MOST_DISCARDED = SUBSCRIPTIONS * EVENTS_EACH // 10


@pytest.fixture
def client() -> Client:
    """Return a superuser's client with 17,000 subscriptions, 51,000 events and 102,000 notifications."""
    fill(SUBSCRIPTIONS, clock.now())
    return sign_in(make_user(username="operator", is_staff=True, is_superuser=True))


def addresses() -> Iterator[str]:
    """Yield all operator URLs, with each filter, the last page and a search."""
    yield from (reverse("admin:dashboard"), reverse("readyz"), reverse("admin:explain_access", args=[77]))
    yield reverse("admin:preview_subscriptions", args=[77])
    yield from (
        reverse(f"admin:{model}_change", args=[77]) for model in ("accounts_user", "subscriptions_subscription")
    )
    yield from (reverse(f"admin:{model}_changelist") for model in ("knox_authtoken", "auth_group"))
    filters: dict[str, list[dict[str, Any]]] = {
        "subscriptions_subscription": [
            *({"status__exact": status} for status in Subscription.Status),
            *({"plan__id__exact": plan.pk} for plan in Plan.objects.all()),
            *({"ends": when} for when in ("due", "day", "week", "month", "later")),
        ],
        "subscriptions_subscriptionevent": [
            *({"transition__exact": transition} for transition in Transition),
            *({"plan__id__exact": plan.pk} for plan in Plan.objects.all()),
        ],
        "notifications_notification": [
            *({"state": state} for state in State),
            *({"state": state, "channel__exact": Channel.SES} for state in State),
            *({"channel__exact": channel} for channel in Channel),
        ],
        "notifications_feedback": [{"event_type": event_type} for event_type in BAD_NEWS],
        "notifications_suppression": [{"lifted_at__isempty": 1}],
        "accounts_user": [{"is_staff": 1}],
        "subscriptions_sweeprun": [],
        "subscriptions_accessauditrun": [],
    }
    anywhere: list[dict[str, Any]] = [{}, {"p": 10}, {"o": 3}]
    searches = [{"q": term} for term in ("user77", "USER77@example.com", "777", "nobody")]
    for model, queries in filters.items():
        for query in anywhere + queries + (searches if queries else []):
            yield f"{reverse(f'admin:{model}_changelist')}?{urlencode(query)}"


def test_no_page_of_the_operators_walks_a_large_table(client: Client) -> None:
    walks = {}
    for address in addresses():
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        assert answer.status_code == 200, address
        for query in captured:
            if query["sql"].startswith("SELECT") and (
                walk := list(walks_of(query["sql"], MOST_DISCARDED, LARGE | USERS))
            ):
                walks[address, query["sql"]] = walk
    assert walks == {}


def test_a_walk_would_be_noticed(client: Client) -> None:
    query = "SELECT count(*) FROM subscriptions_subscriptionevent WHERE reason = 'x'"
    assert list(walks_of(query, MOST_DISCARDED)) == [
        "Seq Scan on subscriptions_subscriptionevent",
        f"Seq Scan on subscriptions_subscriptionevent discards {SUBSCRIPTIONS * EVENTS_EACH} rows",
    ]
