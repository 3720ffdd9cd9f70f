"""Fills the database of `DATABASE_URL`: `python -m infra.benchmarks.sweep.fill DUE`.

DUE subscriptions are due at NOW, in no order of their keys, one in ten of them cancelled; as many are live. Each has a
user of its own, but for one in ten of the due, whose user has a live one too and keeps access.
"""

import math
import sys
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from infra.benchmarks.local_django import set_up_local_django

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
"""The instant of every sweep here."""

LIVE_ELSEWHERE = 10
"""One in so many due ones' users has a live subscription."""

COHORTS = 12
"""Those who subscribed in the same month a year ago, and renew since: their ends follow their keys."""

NUMBERS = (
    "WITH RECURSIVE numbers (n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n < %(number)s)"
)

SECONDS_BEFORE_NOW = {
    "postgresql": "%(now)s::timestamptz - ({}) * interval '1 second'",
    "sqlite": "datetime(%(now)s, '-' || ({}) || ' seconds')",
}
SECONDS_AFTER_NOW = {
    "postgresql": "%(now)s::timestamptz + ({}) * interval '1 second'",
    "sqlite": "datetime(%(now)s, '+' || ({}) || ' seconds')",
}

PLANS = "INSERT INTO subscriptions_plan (name, price, duration_days) VALUES ('Monthly', 9.90, 30), ('Yearly', 99, 365)"

USERS = """
INSERT INTO auth_user (id, username, email, password, first_name, last_name,
                       is_superuser, is_staff, is_active, date_joined)
{numbers}
SELECT n, 'user' || n, 'user' || n || '@example.com', '', '', '', false, false, true, %(now)s FROM numbers
"""

# Odd ones are due, all of them since a day at most.
SUBSCRIPTIONS = """
INSERT INTO subscriptions_subscription (id, user_id, plan_id, status, start_date, end_date)
{numbers}
SELECT n, CASE WHEN n %% (2 * %(live_elsewhere)s) = 0 THEN n - 1 ELSE n END,
       (SELECT CASE WHEN n %% 2 = 1 THEN min(id) ELSE max(id) END FROM subscriptions_plan),
       CASE WHEN n %% 20 = 1 THEN 'cancelled' ELSE 'active' END,
       {start}, CASE WHEN n %% 2 = 1 THEN {due} ELSE {live} END
FROM numbers
"""

MEMBERSHIPS = """
INSERT INTO auth_user_groups (user_id, group_id)
SELECT DISTINCT s.user_id, g.id FROM subscriptions_subscription AS s, auth_group AS g WHERE g.name = 'Subscribers'
"""

SEQUENCES = """
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), (SELECT max(id) FROM auth_user)),
       setval(pg_get_serial_sequence('subscriptions_subscription', 'id'),
              (SELECT max(id) FROM subscriptions_subscription))
"""


def fill(due: int) -> None:
    """Migrate, and fill the empty tables with `due` due subscriptions and as many live ones."""
    call_command("migrate", verbosity=0)
    before, after = SECONDS_BEFORE_NOW[connection.vendor], SECONDS_AFTER_NOW[connection.vendor]
    parameters: dict[str, Any] = {
        "number": 2 * due,
        "now": NOW,
        "live_elsewhere": LIVE_ELSEWHERE,
        "cohort": math.ceil(due / COHORTS),
    }
    parts = {
        "numbers": NUMBERS,
        "start": before.format("90 * 86400"),
        "due": before.format("(n / 2) %% %(cohort)s * 86400 / %(cohort)s"),
        "live": after.format("86400 + n * 104729 %% (30 * 86400)"),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (PLANS, USERS, SUBSCRIPTIONS, MEMBERSHIPS):
            cursor.execute(statement.format(**parts), parameters)
    _settle()


def _settle() -> None:
    """Let the planner know the tables, and leave nothing to be tidied up within the measurement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(SEQUENCES)
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


if __name__ == "__main__":
    set_up_local_django()
    fill(int(sys.argv[1]))
