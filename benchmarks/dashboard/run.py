"""Fill the PostgreSQL of `DATABASE_URL` and request the operator pages: `... dashboard.run SUBSCRIPTIONS`.

Prints median milliseconds and number of queries per page as JSON. With 1,000,000 subscriptions (3,000,000 events,
6,000,000 notifications) it takes some minutes and 5 GB.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from benchmarks.local_django import set_up_local_django

if TYPE_CHECKING:
    from django.test import Client

ROUNDS = 5
LISTS = {
    "subscriptions_subscription": ("", "?status__exact=cancelled", "?q={user}"),
    "subscriptions_subscriptionevent": ("", "?transition__exact=expired", "?q={user}"),
    "notifications_notification": ("", "?state=failed", "?state=pending", "?q={user}"),
    "notifications_feedback": ("", "?event_type=Bounce", "?q={user}"),
    "subscriptions_sweeprun": ("",),
    "accounts_user": ("", "?is_staff=1", "?q={user}"),
}
"""Admin lists with the queries to measure."""


def main(number: int) -> None:
    """Fill, measure, print."""
    set_up_local_django()
    client = _fill(number)
    print(json.dumps({name: _measure(client, address) for name, address in _pages(number)}))


def _fill(number: int) -> "Client":
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415 - these load models
    from benchmarks.large_history import fill  # noqa: PLC0415
    from foundation import clock  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    fill(number, clock.now())
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def _pages(number: int) -> Iterable[tuple[str, str]]:
    from django.urls import reverse  # noqa: PLC0415 - it loads the URLs

    yield "dashboard", reverse("admin:dashboard")
    yield "readiness", reverse("readyz")
    yield "why a user has access", reverse("admin:explain_access", args=[number // 2])
    for model, queries in LISTS.items():
        for query in queries:
            asked = query.format(user=f"user{number // 2}")
            yield f"{model}{asked}", reverse(f"admin:{model}_changelist") + asked


def _measure(client: "Client", address: str) -> tuple[float, int]:
    """Return median milliseconds and number of queries. The first request, which fills caches, is not measured."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    queries = len(captured)  # each later request resets the log
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        client.get(address)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000, queries


if __name__ == "__main__":
    main(int(sys.argv[1]))
