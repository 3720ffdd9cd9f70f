"""Operator pages with 1,000,000 subscriptions."""

from benchmarks.dashboard.run import ROUNDS
from benchmarks.program import run_program
from benchmarks.section import Aim, Section, Table, shown
from infra.postgresql import PostgreSQL

RUN = "benchmarks.dashboard.run"
SUBSCRIPTIONS, EVENTS, NOTIFICATIONS = 1_000_000, 3_000_000, 6_000_000
"""Rows that `large_history` creates for this number of subscriptions."""
DASHBOARD = "dashboard"
DASHBOARD_MILLISECONDS = 1000
ROOM = 8 << 30
"""Bytes; tables and indexes take 5 GB."""

TEXT = f"""\
PostgreSQL with {SUBSCRIPTIONS:,} subscriptions from three years, {EVENTS:,} events and
{NOTIFICATIONS:,} notifications, one sweep per minute. Pages are requested by Django's test client;
medians of {ROUNDS} requests. A test ensures that none of the queries scans a large table."""


def measure() -> Section:
    """Fill the database and request each page."""
    print(f"{SUBSCRIPTIONS:,} subscriptions ...", flush=True)
    with PostgreSQL(ROOM) as server:
        pages: dict[str, list[float]] = run_program(RUN, str(SUBSCRIPTIONS), DATABASE_URL=server.url)
    rows = [[name, shown(milliseconds), f"{queries:g}"] for name, (milliseconds, queries) in pages.items()]
    aim = Aim(
        "dashboard", pages[DASHBOARD][0], DASHBOARD_MILLISECONDS, at_least=False, unit="ms",
        because="Most of it counts the last 30 days and the live subscriptions, from indexes alone.",
    )  # fmt: skip
    figures = {f"{name}: ms": milliseconds for name, (milliseconds, _) in pages.items()}
    return Section(
        "Operator pages", TEXT, [Table("Response times", ["", "ms", "queries"], rows)], aims=[aim], figures=figures
    )
