"""Query plans of the database."""

import json
from collections.abc import Iterator, Set
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import QuerySet

from notifications.models import Feedback, Notification
from subscriptions.models import Subscription, SubscriptionEvent

LARGE = {model._meta.db_table for model in (Feedback, Notification, Subscription, SubscriptionEvent)}
"""Tables that grow with the number of subscribers, and must not be scanned."""

USERS = {model._meta.db_table for model in (get_user_model(), get_user_model().groups.through)}
"""User tables, which also grow. A batch of the sweep may scan them if it concerns a tenth of all users."""


def plan_of(rows: QuerySet[Any, Any]) -> str:
    """Return the query's plan as text; on PostgreSQL without sequential scans if an index exists."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()


def walks_of(sql: str, most_discarded: int, large: Set[str] = LARGE) -> Iterator[str]:
    """Yield the problems of a PostgreSQL plan: scans of large tables, or too many discarded rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}", [])
        (answer,) = cursor.fetchone()
    plans = answer if isinstance(answer, list) else json.loads(answer)
    for node in nodes(plans[0]["Plan"]):
        if node.get("Relation Name") not in large:
            continue
        if node["Node Type"] == "Seq Scan":
            yield f"Seq Scan on {node['Relation Name']}"
        discarded = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        if discarded * node["Actual Loops"] > most_discarded:
            yield f"{node['Node Type']} on {node['Relation Name']} discards {discarded} rows"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the node of a plan and all nodes below it."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)
