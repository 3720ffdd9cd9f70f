"""Deletion of old rows in batches, so that no transaction grows with the backlog."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

BATCH_SIZE = 1_000
RESERVE = timedelta(seconds=10)
"""Time that must be left of the invocation for another batch."""


def delete_in_batches(rows: QuerySet[Any], time_left: Callable[[], timedelta]) -> int:
    """Delete the rows in their order until none is left or the time runs short. Return the number of deleted rows.

    Order them by an indexed column, so that the last query, which finds none, does not scan the table.
    """
    deleted = 0
    while time_left() > RESERVE and (batch := _delete_batch(rows)):
        deleted += batch
    return deleted


@transaction.atomic
def _delete_batch(rows: QuerySet[Any]) -> int:
    """Lock and delete up to BATCH_SIZE rows; an unlocked row might be in use again by the time of the DELETE.

    Rows locked by other sessions are in use: they are skipped and left to the next run.
    """
    locked = rows.select_for_update(of=("self",), skip_locked=True).only("pk")[:BATCH_SIZE]
    keys = [row.pk for row in locked]
    if keys:
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)
