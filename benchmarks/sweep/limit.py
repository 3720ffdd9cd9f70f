"""Limit: the same rows written by hand-written SQL inside the database, all at once.

One statement on PostgreSQL; one per table on SQLite. It claims nothing, so nothing else may run meanwhile; it returns
no rows to Python, so no receiver is called; one bad row would roll back everything.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from subscriptions.access.managed_groups import GROUP

POSTGRESQL = """
WITH expired AS (
    UPDATE subscriptions_subscription AS s SET status = 'expired', expired_at = %(now)s
    FROM subscriptions_plan AS p
    WHERE p.id = s.plan_id AND s.expired_at IS NULL AND s.end_date <= %(now)s
    RETURNING s.id, s.user_id, s.end_date, s.plan_id, p.price, p.currency
), events AS (
    INSERT INTO subscriptions_subscriptionevent
           (subscription_id, transition, occurred_at, old_end_date, new_end_date, plan_id, price, currency)
    SELECT id, 'expired', %(now)s, end_date, end_date, plan_id, price, currency FROM expired
    RETURNING id
), notifications AS (
    INSERT INTO notifications_notification (event_id, channel)
    SELECT id, channel FROM events, (VALUES ('ses'), ('sns')) AS channels (channel)
), memberships AS (
    DELETE FROM auth_user_groups AS m USING expired AS e, auth_group AS g
    WHERE m.user_id = e.user_id AND m.group_id = g.id AND g.name = %(group)s
      AND NOT EXISTS (SELECT FROM subscriptions_subscription AS l
                      WHERE l.user_id = e.user_id AND l.expired_at IS NULL AND l.end_date > %(now)s)
)
SELECT count(*) FROM expired
"""

SQLITE = (
    """
    CREATE TEMPORARY TABLE due AS
    SELECT id, user_id FROM subscriptions_subscription WHERE expired_at IS NULL AND end_date <= %(now)s ORDER BY id
    """,
    """
    UPDATE subscriptions_subscription SET status = 'expired', expired_at = %(now)s WHERE id IN (SELECT id FROM due)
    """,
    """
    INSERT INTO subscriptions_subscriptionevent
           (subscription_id, transition, occurred_at, old_end_date, new_end_date, plan_id, price, currency)
    SELECT s.id, 'expired', %(now)s, s.end_date, s.end_date, s.plan_id, p.price, p.currency
    FROM due CROSS JOIN subscriptions_subscription AS s CROSS JOIN subscriptions_plan AS p
    WHERE s.id = due.id AND p.id = s.plan_id
    """,
    """
    INSERT INTO notifications_notification (event_id, channel)
    SELECT e.id, column1 FROM subscriptions_subscriptionevent AS e CROSS JOIN (VALUES ('ses'), ('sns'))
    WHERE e.id > last_insert_rowid() - (SELECT count(*) FROM due)
    """,
    """
    DELETE FROM auth_user_groups
    WHERE group_id = (SELECT id FROM auth_group WHERE name = %(group)s) AND user_id IN (SELECT user_id FROM due)
      AND NOT EXISTS (SELECT 1 FROM subscriptions_subscription AS l
                      WHERE l.user_id = auth_user_groups.user_id AND l.expired_at IS NULL AND l.end_date > %(now)s)
    """,
    "SELECT count(*) FROM due",
    "DROP TABLE due",
)


def expire(now: datetime, limit: int | None) -> int:
    """Expire all due rows; `limit` is not supported."""
    if limit is not None:
        raise ValueError("the limit is measured on all due rows")
    parameters: dict[str, Any] = {"now": now, "group": GROUP}
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL, parameters)
            return int(cursor.fetchone()[0])
        *statements, number, drop = SQLITE
        for statement in statements:
            cursor.execute(statement, parameters)
        cursor.execute(number)
        expired = int(cursor.fetchone()[0])
        cursor.execute(drop)
    return expired
