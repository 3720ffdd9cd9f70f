"""Deletion of rows older than they are kept, in batches, so that no transaction grows with the backlog.

Each app registers its RetentionRules in `foundation.registries.RETENTION`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from foundation import clock, registries

BATCH_SIZE = 1_000
RESERVE = timedelta(seconds=10)
"""The time left of the invocation below which no other batch begins."""


@dataclass(frozen=True)
class RetentionRule:
    """A kind of row, by the name in the job's summary, and the rows to delete at an instant.

    `rows` orders by an indexed column, so that the last query, which finds none, does not scan the table. Rows that are
    dated by the true time (by Django, knox or the database) are compared with it, whatever the service's clock says.
    """

    name: str
    rows: Callable[[datetime], QuerySet[Any]]
    by_true_time: bool = False

    def rows_at(self, now: datetime) -> QuerySet[Any]:
        """Return the rows to delete at `now` by the service's clock."""
        return self.rows(now - clock.travelled() if self.by_true_time else now)


def rules() -> Iterator[RetentionRule]:
    """Yield the rules of all apps."""
    return registries.RETENTION.items(RetentionRule)


def delete_old(now: datetime, time_left: Callable[[], timedelta]) -> dict[str, int]:
    """Delete the rows of every registered rule until the time runs short; return the number per rule."""
    return {rule.name: _delete_in_batches(rule.rows_at(now), time_left) for rule in rules()}


def _delete_in_batches(rows: QuerySet[Any], time_left: Callable[[], timedelta]) -> int:
    deleted = 0
    while time_left() > RESERVE and (batch := _delete_batch(rows)):
        deleted += batch
    return deleted


@transaction.atomic
def _delete_batch(rows: QuerySet[Any]) -> int:
    """Lock and delete up to BATCH_SIZE rows, because a row that is not locked may be in use again by the DELETE.

    A row that another transaction holds is in use: it is skipped, and judged anew by the next run.
    """
    locked = rows.select_for_update(of=("self",), skip_locked=True).only("pk")[:BATCH_SIZE]
    keys = [row.pk for row in locked]
    if keys:
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)
