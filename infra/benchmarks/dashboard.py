"""How long operators wait for their pages over a large history, on a PostgreSQL of its own.

    python -m infra.benchmarks.dashboard [--subscriptions 1000000]

With 1,000,000 subscriptions (3,000,000 events, 6,000,000 notifications) it takes some minutes and 5 GB.
"""

import argparse
import statistics
import time
from collections.abc import Iterable

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from infra.local.local_environment import be_local
from infra.postgresql import PostgreSQL

ROUNDS = 5
SHOWN_QUERIES = 8
"""The slowest of a page."""


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m infra.benchmarks.dashboard")
    parser.add_argument("--subscriptions", type=int, default=1_000_000)
    number: int = parser.parse_args().subscriptions
    with PostgreSQL() as server:
        be_local(DATABASE_URL=server.url, DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="ERROR")
        # Django reads the variables above when it is set up.
        import django  # noqa: PLC0415

        django.setup()
        client = _fill(number)
        for address in _addresses(number):
            _measure(client, address)
        connection.close()


def _fill(number: int) -> Client:
    from django.contrib.auth.models import User  # noqa: PLC0415

    from foundation import clock  # noqa: PLC0415
    from infra.benchmarks.large_history import fill  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    fill(number, clock.now())
    print(f"{number:,} subscriptions filled in {time.perf_counter() - started:.0f} s\n", flush=True)
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def _addresses(number: int) -> Iterable[str]:
    change_lists = {
        "subscriptions_subscription": ("", "?status__exact=cancelled", f"?q=user{number // 2}"),
        "subscriptions_subscriptionevent": ("", "?transition__exact=expired", f"?q=user{number // 2}"),
        "notifications_notification": ("", "?state=failed", "?state=pending", f"?q=user{number // 2}"),
        "subscriptions_sweeprun": ("",),
    }
    yield from (reverse("dashboard"), reverse("readyz"), reverse("admin:explain_access", args=[number // 2]))
    for model, queries in change_lists.items():
        yield from (reverse(f"admin:{model}_changelist") + query for query in queries)


def _measure(client: Client, address: str) -> None:
    """Print the page's median time, and those of its slowest queries."""
    pages, queries = [], []
    client.get(address)
    for _ in range(ROUNDS):
        with CaptureQueriesContext(connection) as captured:
            started = time.perf_counter()
            answer = client.get(address)
            pages.append(time.perf_counter() - started)
        queries.append([float(query["time"]) for query in captured])
        texts = [query["sql"] for query in captured]
    medians = [statistics.median(times) for times in zip(*queries, strict=True)]
    print(f"{statistics.median(pages) * 1000:7.0f} ms  {answer.status_code}  {len(texts):2} queries  {address}")
    slowest = sorted(zip(medians, texts, strict=True), reverse=True)[:SHOWN_QUERIES]
    for median, text in slowest:
        if median >= 0.005:
            print(f"          {median * 1000:5.0f} ms  {_shortened(text)}")


def _shortened(text: str) -> str:
    """The query without the names of its columns."""
    return " ".join(text[text.index(" FROM ") :].replace('"', "").split())[:150]


if __name__ == "__main__":
    main()
