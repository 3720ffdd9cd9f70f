"""Three years of history, generated in the database: for tests of query plans and for benchmarks."""

from datetime import datetime
from typing import Any

from django.db import connection

from subscriptions.models import Plan

PLANS = 6
EVENTS_EACH = 3
SWEEP_DAYS = 30
PENDING = 500
"""Number of latest events with pending notifications, due since `now`."""

USERS = """
INSERT INTO auth_user (id, username, email, password, first_name, last_name,
                       is_superuser, is_staff, is_active, date_joined, exempt_from_uniqueness)
SELECT n, 'user' || n, 'user' || n || '@example.org', '', '', '', false, false, true, %(now)s, false
FROM generate_series(1, %(number)s) AS n
"""

# Of ten, four were renewed twice, three were cancelled and expired, two expired and came back, one is cancelled and
# live.
SUBSCRIPTIONS = """
INSERT INTO subscriptions_subscription (id, user_id, plan_id, status, start_date, end_date, expired_at)
SELECT n, n, (%(plans)s::bigint[])[1 + n %% cardinality(%(plans)s::bigint[])],
       CASE WHEN n %% 10 BETWEEN 4 AND 6 THEN 'expired' WHEN n %% 10 = 9 THEN 'cancelled' ELSE 'active' END,
       started,
       CASE WHEN n %% 10 BETWEEN 4 AND 6 THEN ended ELSE %(now)s + (1 + n %% 365) * interval '1 day' END,
       CASE WHEN n %% 10 BETWEEN 4 AND 6 THEN ended END
FROM generate_series(1, %(number)s) AS n,
     LATERAL (SELECT %(now)s - (1 - n::float / (%(number)s + 1)) * interval '1095 days' AS started) AS s,
     LATERAL (SELECT started + (%(now)s - started) * 0.8 AS ended) AS e
"""

EVENTS = """
INSERT INTO subscriptions_subscriptionevent (subscription_id, transition, occurred_at, old_end_date, new_end_date,
                                             plan_id, price, currency)
SELECT s.id,
       (CASE WHEN k = 0 THEN '{created,created,created,created,created,created,created,created,created,created}'
             WHEN k = 1 THEN '{renewed,renewed,renewed,renewed,cancelled,cancelled,cancelled,expired,expired,renewed}'
             ELSE '{renewed,renewed,renewed,renewed,expired,expired,expired,renewed,renewed,cancelled}'
        END::text[])[1 + s.id %% 10],
       occurred_at,
       CASE WHEN k = 0 THEN NULL WHEN k = 2 AND s.id %% 10 BETWEEN 7 AND 8 THEN s.start_date + step
            ELSE occurred_at + interval '5 days' END,
       CASE WHEN k = 1 AND s.id %% 10 BETWEEN 7 AND 8 THEN occurred_at ELSE occurred_at + interval '30 days' END,
       s.plan_id, 9.90, 'EUR'
FROM subscriptions_subscription AS s, generate_series(0, 2) AS k,
     LATERAL (SELECT (%(now)s - s.start_date) * 0.4 AS step) AS d,
     LATERAL (SELECT s.start_date + step * k AS occurred_at) AS e
ORDER BY occurred_at
"""

NOTIFICATIONS = """
INSERT INTO notifications_notification (event_id, channel, state, created_at, due_at, finished_at, error)
SELECT e.id, channel, state, e.occurred_at, CASE state WHEN 'pending' THEN %(now)s ELSE e.occurred_at END,
       CASE WHEN state <> 'pending' THEN e.occurred_at + interval '30 seconds' END, ''
FROM subscriptions_subscriptionevent AS e, unnest('{ses,sns}'::text[]) AS channel,
     (SELECT max(id) AS last_id FROM subscriptions_subscriptionevent) AS m,
     LATERAL (SELECT CASE WHEN e.id > last_id - %(pending)s THEN 'pending' WHEN e.id %% 5000 = 0 THEN 'failed'
                          WHEN e.id %% 7000 = 0 THEN 'unknown' WHEN e.id %% 900 = 0 THEN 'suppressed'
                          WHEN e.id %% 800 = 0 THEN 'obsolete'
                          WHEN channel = 'sns' OR e.id > last_id - 2 * %(pending)s THEN 'sent'
                          WHEN e.id %% 300 = 1 THEN 'bounced' WHEN e.id %% 3000 = 2 THEN 'complained'
                          ELSE 'delivered' END AS state) AS x
ORDER BY e.id
"""

# As long as SES's own example of a Delivery event, 1,339 bytes.
FEEDBACK = """
INSERT INTO notifications_feedback (sns_message_id, event_type, notification_id, message_id,
                                    occurred_at, received_at, raw)
SELECT 'sns-' || id, CASE state WHEN 'bounced' THEN 'Bounce' WHEN 'complained' THEN 'Complaint' ELSE 'Delivery' END,
       id, 'ses-' || id, finished_at, finished_at, raw
FROM notifications_notification,
     LATERAL (SELECT string_agg(md5(id::text || part), '') AS raw FROM generate_series(1, 42) AS part) AS r
WHERE state IN ('delivered', 'bounced', 'complained')
ORDER BY id
"""

SWEEPS = """
INSERT INTO subscriptions_sweeprun (started_at, finished_at, expired, failed, remaining, oldest_late, failures)
SELECT tick, tick + interval '2 seconds', 3 + minute %% 17, 0, 0, (30 + minute %% 45) * interval '1 second', '{}'
FROM generate_series(0, %(days)s * 1440 - 1) AS minute,
     LATERAL (SELECT %(now)s - interval '1 minute' * (%(days)s * 1440 - minute) AS tick) AS t
"""

AUDITS = """
INSERT INTO subscriptions_accessauditrun (started_at, finished_at, given, taken, failed, complete)
SELECT tick, tick + interval '2 seconds', 0, 0, 0, true
FROM generate_series(0, %(days)s * 144 - 1) AS run,
     LATERAL (SELECT %(now)s - interval '10 minutes' * (%(days)s * 144 - run) AS tick) AS t
"""

MEMBERSHIPS = """
INSERT INTO auth_user_groups (user_id, group_id)
SELECT s.user_id, g.id FROM subscriptions_subscription AS s, auth_group AS g
WHERE s.expired_at IS NULL AND g.name = 'Subscribers'
"""

SEQUENCES = """
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), %(number)s),
       setval(pg_get_serial_sequence('subscriptions_subscription', 'id'), %(number)s)
"""

STATEMENTS = (USERS, SUBSCRIPTIONS, EVENTS, NOTIFICATIONS, FEEDBACK, SWEEPS, AUDITS, MEMBERSHIPS, SEQUENCES)
FILLED = (
    "auth_user", "auth_user_groups", "subscriptions_subscription", "subscriptions_subscriptionevent",
    "subscriptions_sweeprun", "subscriptions_accessauditrun", "notifications_notification",
    "notifications_feedback",
)  # fmt: skip


def fill(number: int, now: datetime) -> None:
    """Create `number` users, each with a subscription, 3 events and 6 notifications, in empty tables; then vacuum.

    PostgreSQL only, and outside a transaction. 1,000,000 users take minutes and some 4 GB.
    """
    plans = [Plan.objects.create(name=f"Plan {index}", price=index, duration_days=30).pk for index in range(PLANS)]
    parameters: dict[str, Any] = {
        "number": number,
        "now": now,
        "plans": plans,
        "days": SWEEP_DAYS,
        "pending": PENDING,
    }
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, parameters)
        for table in FILLED:
            cursor.execute(f"VACUUM ANALYZE {table}")
