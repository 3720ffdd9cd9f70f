"""Fill the database of `DATABASE_URL`: `python -m benchmarks.sweep.fill DUE [EACH]`.

Creates DUE subscriptions that are due at NOW, one in ten of them cancelled, and as many live ones. EACH of the due
ones, by default 1, share a user; one in ten users of due ones also has a live one and keeps access.
"""

import math
import sys
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.local_django import set_up_local_django

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
"""Time of every sweep in this benchmark."""

LIVE_ELSEWHERE = 10
"""Inverse share of due subscriptions whose user has a live one too."""

PLANS_DUE = 8
"""Plans of the due subscriptions, so that a user can have one of each; live ones have another."""

COHORTS = 12
"""Subscribers who started in the same month a year ago and keep renewing: their ends follow their keys."""

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

PLANS = """
INSERT INTO subscriptions_plan (id, name, price, duration_days)
{numbers}
SELECT n, 'Plan ' || n, n, 30 FROM numbers WHERE n <= %(plans_due)s + 1
"""

USERS = """
INSERT INTO auth_user (id, username, email, password, first_name, last_name,
                       is_superuser, is_staff, is_active, date_joined, exempt_from_uniqueness)
{numbers}
SELECT n, 'user' || n, 'user' || n || '@example.com', '', '', '', false, false, true, %(now)s, false FROM numbers
"""

# Rows with odd numbers are due, since one day at most.
SUBSCRIPTIONS = """
INSERT INTO subscriptions_subscription (id, user_id, plan_id, status, start_date, end_date)
{numbers}
SELECT n,
       CASE WHEN n %% 2 = 1 THEN n - (n / 2) %% %(each)s * 2
            WHEN n %% (2 * %(live_elsewhere)s) = 0 THEN n - 1 - (n / 2 - 1) %% %(each)s * 2 ELSE n END,
       CASE WHEN n %% 2 = 1 THEN 1 + (n / 2) %% %(plans_due)s ELSE %(plans_due)s + 1 END,
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
       setval(pg_get_serial_sequence('subscriptions_plan', 'id'), (SELECT max(id) FROM subscriptions_plan)),
       setval(pg_get_serial_sequence('subscriptions_subscription', 'id'),
              (SELECT max(id) FROM subscriptions_subscription))
"""


def fill(due: int, each: int) -> None:
    """Migrate and create `due` due subscriptions, `each` per user, and as many live ones."""
    call_command("migrate", verbosity=0)
    before, after = SECONDS_BEFORE_NOW[connection.vendor], SECONDS_AFTER_NOW[connection.vendor]
    parameters: dict[str, Any] = {
        "number": 2 * due,
        "now": NOW,
        "each": each,
        "live_elsewhere": LIVE_ELSEWHERE,
        "plans_due": PLANS_DUE,
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
    """Update the planner's statistics, and finish all background work before the measurement."""
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
    fill(int(sys.argv[1]), each=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
