"""The operators' pages at 1,000,000 subscriptions."""

from benchmarks.dashboard.run import ROUNDS
from benchmarks.program import run_program
from benchmarks.section import Aim, Section, Table, shown
from infra.postgresql import PostgreSQL

RUN = "benchmarks.dashboard.run"
SUBSCRIPTIONS, EVENTS, NOTIFICATIONS = 1_000_000, 3_000_000, 6_000_000
"""What `large_history` makes of the first."""
DASHBOARD = "dashboard"
DASHBOARD_MILLISECONDS = 1000
ROOM = 8 << 30
"""Bytes; the tables and their indexes take 5 GB."""

TEXT = f"""\
PostgreSQL, {SUBSCRIPTIONS:,} subscriptions of three years with {EVENTS:,} events and
{NOTIFICATIONS:,} notifications, a sweep each minute. The pages through Django's test client,
medians of {ROUNDS}; a test holds that none of their queries walks a large table."""


def measure() -> Section:
    """Fill, and ask for each page."""
    print(f"{SUBSCRIPTIONS:,} subscriptions ...", flush=True)
    with PostgreSQL(ROOM) as server:
        pages: dict[str, list[float]] = run_program(RUN, str(SUBSCRIPTIONS), DATABASE_URL=server.url)
    rows = [[name, shown(milliseconds), f"{queries:g}"] for name, (milliseconds, queries) in pages.items()]
    aim = Aim(
        "dashboard", pages[DASHBOARD][0], DASHBOARD_MILLISECONDS, at_least=False, unit="ms",
        because="Most of it counts the last 30 days and who is live now, from indexes alone.",
    )  # fmt: skip
    figures = {f"{name}: ms": milliseconds for name, (milliseconds, _) in pages.items()}
    return Section(
        "The operators' pages", TEXT, [Table("A page", ["", "ms", "queries"], rows)], aims=[aim], figures=figures
    )
