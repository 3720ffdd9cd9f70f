"""Deleting what is too old, a batch at a time, so that no transaction grows with what has piled up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

BATCH_SIZE = 1_000
RESERVE = timedelta(seconds=10)
"""What must be left of the invocation for another batch."""


def delete_in_batches(rows: QuerySet[Any], time_left: Callable[[], timedelta]) -> int:
    """Delete the rows, in their order, until none is left or the time runs short; return how many.

    They are ordered by a column that has an index, so that the last look, which finds none, does not walk the table.
    """
    deleted = 0
    while time_left() > RESERVE and (batch := _delete_batch(rows)):
        deleted += batch
    return deleted


@transaction.atomic
def _delete_batch(rows: QuerySet[Any]) -> int:
    """Lock and delete up to BATCH_SIZE rows, because a row that is not locked may be in use again by the DELETE.

    A row that somebody else holds is in use: it is passed over, and judged anew by the next run.
    """
    locked = rows.select_for_update(of=("self",), skip_locked=True).only("pk")[:BATCH_SIZE]
    keys = [row.pk for row in locked]
    if keys:
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)
