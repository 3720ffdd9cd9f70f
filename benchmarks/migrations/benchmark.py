"""Migrations of a release over 1,000,000 subscriptions, beside visitors."""

from benchmarks.migrations.run import Applied
from benchmarks.program import run_program
from benchmarks.section import Aim, Section, Table, shown
from infra.postgresql import PostgreSQL

RUN = "benchmarks.migrations.run"
SUBSCRIPTIONS = 1_000_000
LONGEST_WAIT = 1000
"""Milliseconds that a statement of a visitor may wait."""
SHOWN = 50
"""Milliseconds from which a migration is shown."""
ROOM = 12 << 30
"""Bytes; tables and indexes take 6 GB, what migrations write anew besides."""

TEXT = f"""\
PostgreSQL with {SUBSCRIPTIONS:,} subscriptions, 3,000,000 events and 6,000,000 notifications, in the schema of the
release before payments. The migrations since are applied as a deployment applies them (`ReleaseMigrations`), while two
connections read and update users, subscriptions and notifications, one statement after the other. Shown are
migrations and waits of {SHOWN} ms or more; the waits include the statements themselves."""


def measure() -> Section:
    """Fill the database, take it back to the schema before payments, and migrate it."""
    print(f"{SUBSCRIPTIONS:,} subscriptions ...", flush=True)
    with PostgreSQL(ROOM) as server:
        found: list[Applied] = run_program(RUN, str(SUBSCRIPTIONS), DATABASE_URL=server.url)
    waits = {row["migration"]: max(row["read"], row["update"]) for row in found}
    rows = [
        [row["migration"], shown(row["took"]), shown(row["read"]), shown(row["update"])]
        for row in found
        if max(row["took"], waits[row["migration"]]) >= SHOWN
    ]
    longest = max(waits, key=lambda name: waits[name])
    aim = Aim(
        "longest wait of a visitor's statement", waits[longest], LONGEST_WAIT, at_least=False, unit="ms",
        because=f"In {longest}.",
    )  # fmt: skip
    figures = {"longest wait: ms": waits[longest], "all migrations: ms": sum(row["took"] for row in found)}
    columns = ["", "ms", "longest read, ms", "longest update, ms"]
    return Section("Migrations", TEXT, [Table("Migrations since payments", columns, rows)], aims=[aim], figures=figures)
