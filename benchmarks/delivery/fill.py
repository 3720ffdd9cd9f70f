"""Fill the PostgreSQL of `DATABASE_URL`: `python -m benchmarks.delivery.fill PENDING FINISHED`.

Creates PENDING mails and as many events, each with its own subscription, and FINISHED notifications, half of them
mails, of subscriptions with OLD_EVENTS_EACH events.
"""

import sys

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.local_django import set_up_local_django

OLD_EVENTS_EACH = 8

PLAN = "INSERT INTO subscriptions_plan (name, price, duration_days) VALUES ('Monthly', 9.90, 30)"

USERS = """
INSERT INTO auth_user (id, username, email, password, first_name, last_name,
                       is_superuser, is_staff, is_active, date_joined, exempt_from_uniqueness)
SELECT n, 'user' || n, 'user' || n || '@example.com', '', 'Ada', '', false, false, true, now(), false
FROM generate_series(1, %(users)s) AS n
"""

SUBSCRIPTIONS = """
INSERT INTO subscriptions_subscription (id, user_id, plan_id, status, start_date, end_date)
SELECT n, n, (SELECT min(id) FROM subscriptions_plan), 'active', now(), now() + interval '30 days'
FROM generate_series(1, %(users)s) AS n
"""

OLD_EVENTS = """
INSERT INTO subscriptions_subscriptionevent
       (subscription_id, transition, occurred_at, new_end_date, plan_id, price, currency)
SELECT n, 'renewed', now() - interval '1 year', now(), (SELECT min(id) FROM subscriptions_plan), 9.90, 'EUR'
FROM generate_series(1, %(old)s) AS k, generate_series(%(pending)s + 1, %(users)s) AS n
"""

NEW_EVENTS = """
INSERT INTO subscriptions_subscriptionevent
       (subscription_id, transition, occurred_at, new_end_date, plan_id, price, currency)
SELECT n, 'created', now(), now() + interval '30 days', (SELECT min(id) FROM subscriptions_plan), 9.90, 'EUR'
FROM generate_series(1, %(pending)s) AS n
"""

NOTIFICATIONS = """
INSERT INTO notifications_notification (event_id, channel, state, created_at, due_at, finished_at)
SELECT id, channel, CASE WHEN transition = 'created' THEN 'pending' ELSE 'sent' END, occurred_at, occurred_at,
       CASE WHEN transition <> 'created' THEN occurred_at END
FROM subscriptions_subscriptionevent, unnest('{ses,sns}'::text[]) AS channel
ORDER BY id
"""


def fill(pending: int, finished: int) -> None:
    """Migrate and fill the empty tables."""
    call_command("migrate", verbosity=0)
    old_users = -(-finished // (2 * OLD_EVENTS_EACH))
    parameters = {"pending": pending, "users": pending + old_users, "old": OLD_EVENTS_EACH}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (PLAN, USERS, SUBSCRIPTIONS, OLD_EVENTS, NEW_EVENTS, NOTIFICATIONS):
            cursor.execute(statement, parameters)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    connection.close()


if __name__ == "__main__":
    set_up_local_django()
    fill(int(sys.argv[1]), int(sys.argv[2]))
