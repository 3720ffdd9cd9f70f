"""Print the rows written by a run in a comparable form: `python -m benchmarks.sweep.written`.

Prints the number of rows and a digest per table as JSON. Omits generated keys and the database's own timestamps.
"""

import hashlib
import json

from benchmarks.local_django import set_up_local_django

Written = dict[str, tuple[int, str]]


def read_written() -> Written:
    """Return number and digest by table, from the database of `DATABASE_URL`."""
    # Imported late: models load only after Django is set up.
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from notifications.models import Notification  # noqa: PLC0415
    from subscriptions.models import Subscription, SubscriptionEvent  # noqa: PLC0415

    of_event = ("event__subscription", "channel", "state", "attempts", "finished_at", "error", "message_id")
    tables = {
        "subscriptions": Subscription.objects.values_list("pk", "user", "plan", "status", "end_date", "expired_at"),
        "events": SubscriptionEvent.objects.values_list(
            "subscription", "transition", "occurred_at", "actor", "reason", "old_end_date", "new_end_date",
            "plan", "price", "currency",
        ),
        "notifications": Notification.objects.values_list(*of_event),
        "memberships": get_user_model().groups.through.objects.values_list("user", "group__name"),
    }  # fmt: skip
    return {name: _digest(sorted(map(repr, rows.order_by()))) for name, rows in tables.items()}


def _digest(rows: list[str]) -> tuple[int, str]:
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


if __name__ == "__main__":
    set_up_local_django()
    print(json.dumps(read_written()))
