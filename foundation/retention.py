"""Deleting what is too old, a batch at a time, so that no transaction grows with what has piled up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

BATCH_SIZE = 1_000
RESERVE = timedelta(seconds=10)
"""What must be left of the invocation for another batch."""


def delete_in_batches(rows: QuerySet[Any], time_left: Callable[[], timedelta]) -> int:
    """Delete the rows, in their order, until none is left or the time runs short; return how many.

    They are ordered by what has an index, so that the last look, which finds none, does not walk the table.
    """
    deleted = 0
    while time_left() > RESERVE:
        keys = list(rows.values_list("pk", flat=True)[:BATCH_SIZE])
        if not keys:
            break
        rows.model._base_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted
