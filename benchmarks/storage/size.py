"""Print table sizes for a large history: `python -m benchmarks.storage.size SUBSCRIPTIONS`.

Fills the empty PostgreSQL database of `DATABASE_URL`, and prints by table as JSON: rows, and bytes of the rows and of
their indexes.
"""

import json
import sys

from django.core.management import call_command
from django.db import connection

from benchmarks.local_django import set_up_local_django

TABLES = (
    "auth_user", "auth_user_groups", "subscriptions_subscription", "subscriptions_subscriptionevent",
    "notifications_notification", "notifications_feedback",
)  # fmt: skip
"""Tables that grow with the number of subscribers."""

SIZES = """
SELECT (SELECT count(*) FROM {table}), pg_table_size('{table}'), pg_indexes_size('{table}')
"""


def main() -> None:
    """Fill, measure, print."""
    set_up_local_django()
    # Imported late: these load models.
    from benchmarks.large_history import fill  # noqa: PLC0415
    from foundation import clock  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    fill(int(sys.argv[1]), clock.now())
    sizes = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(SIZES.format(table=table))
            sizes[table] = cursor.fetchone()
    print(json.dumps(sizes))


if __name__ == "__main__":
    main()
