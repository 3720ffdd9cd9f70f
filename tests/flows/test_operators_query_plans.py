"""Nothing that operators look at walks a table that grows with every subscriber."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation import clock
from infra.benchmarks.large_history import EVENTS_EACH, fill
from notifications.models import Channel, Notification, State
from subscriptions.models import Plan, Subscription, SubscriptionEvent, Transition
from tests.factories import make_user
from tests.staff import sign_in

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

SUBSCRIPTIONS = 17_000
LARGE = {model._meta.db_table for model in (Subscription, SubscriptionEvent, Notification)}
MOST_DISCARDED = SUBSCRIPTIONS * EVENTS_EACH // 10
"""Rows that one query may read and not use."""


@pytest.fixture
def client() -> Client:
    """A superuser's, over 17,000 subscriptions, 51,000 events and 102,000 notifications."""
    fill(SUBSCRIPTIONS, clock.now())
    return sign_in(make_user(username="operator", is_staff=True, is_superuser=True))


def addresses() -> Iterator[str]:
    """All that operators look at, with each filter, the last page and a search."""
    yield from (reverse("dashboard"), reverse("readyz"), reverse("admin:explain_access", args=[77]))
    filters: dict[str, list[dict[str, Any]]] = {
        "subscriptions_subscription": [
            *({"status__exact": status} for status in Subscription.Status),
            *({"plan__id__exact": plan.pk} for plan in Plan.objects.all()),
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
        "subscriptions_sweeprun": [],
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
            if query["sql"].startswith("SELECT") and (walk := list(walks_of(query["sql"]))):
                walks[address, query["sql"]] = walk
    assert walks == {}


def walks_of(sql: str) -> Iterator[str]:
    """What is wrong with how PostgreSQL runs the query."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}", [])
        (answer,) = cursor.fetchone()
    plans = answer if isinstance(answer, list) else json.loads(answer)
    for node in nodes(plans[0]["Plan"]):
        if node.get("Relation Name") not in LARGE:
            continue
        if node["Node Type"] == "Seq Scan":
            yield f"Seq Scan on {node['Relation Name']}"
        discarded = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        if discarded * node["Actual Loops"] > MOST_DISCARDED:
            yield f"{node['Node Type']} on {node['Relation Name']} discards {discarded} rows"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan's node and all below it."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def test_a_walk_would_be_noticed(client: Client) -> None:
    assert list(walks_of("SELECT count(*) FROM subscriptions_subscriptionevent WHERE reason = 'x'")) == [
        "Seq Scan on subscriptions_subscriptionevent",
        f"Seq Scan on subscriptions_subscriptionevent discards {SUBSCRIPTIONS * EVENTS_EACH} rows",
    ]
