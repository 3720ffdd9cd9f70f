"""The access audit: corrects memberships of managed groups that something other than subscriptions has changed."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from foundation import clock
from foundation.orm.database_errors import is_database_lost
from foundation.orm.key import Key
from subscriptions.access.managed_groups import emit_mismatches, permissions_of_all_subscribers, restore_groups
from subscriptions.access.membership import find_mismatches, repair
from subscriptions.models import AccessAuditRun

logger = logging.getLogger(__name__)

BATCH_SIZE = 1_000
"""Users locked and corrected per transaction."""

LOCK_WAIT = timedelta(milliseconds=200)
"""Longest wait of a batch for a membership that somebody else is writing; halved batches wait again."""

RESERVE = timedelta(seconds=10)
"""Time kept back for the last batch and for the record of the run."""


@dataclass
class AccessAudit:
    """One run over all users. `time_left` is asked before each batch; what one run leaves, the next run finds again.

    Users whom another transaction holds are left to the next run. Any number of audits may run at once.
    """

    now: datetime
    time_left: Callable[[], timedelta]
    batch_size: int = BATCH_SIZE
    ordered: AccessAuditRun | None = None
    """Row that an edit of a plan's groups has left for this run: what differs then is not counted as a fault."""

    def run(self) -> AccessAuditRun:
        """Audit, and return the row that records it.

        Raises StrictIsolation, or the database's error where its connection is lost.
        """
        run = self.ordered or AccessAuditRun.objects.create(started_at=clock.now())
        restore_groups()
        run.complete = self._repair_all(run)
        run.finished_at = clock.now()
        run.save()
        logger.info("access audited", extra=run.summary())
        wrong = run.failed if self.ordered else run.given + run.taken + run.failed
        emit_mismatches(wrong + _report_permissions())
        return run

    def _repair_all(self, run: AccessAuditRun) -> bool:
        """Correct all users, in batches. Return False if the time did not suffice."""
        found = find_mismatches(self.now, due_is_ended=False)
        users = found.stale + found.missing
        batches = (users[start : start + self.batch_size] for start in range(0, len(users), self.batch_size))
        return all(self._repair(run, batch) for batch in batches)

    def _repair(self, run: AccessAuditRun, users: Sequence[Key]) -> bool:
        """Halve a batch that fails until its cause stands alone. Return False if the time did not suffice."""
        if self.time_left() < RESERVE:
            return False
        connection.ensure_connection()
        used = connection.connection
        try:
            corrections = repair(users, self.now, lock_wait=LOCK_WAIT)
        except DatabaseError as error:
            if is_database_lost(error, connection, used):
                raise
            if len(users) > 1:
                middle = len(users) // 2
                return self._repair(run, users[:middle]) and self._repair(run, users[middle:])
            self._fail(run, users[0], error)
        else:
            run.given += corrections.given
            run.taken += corrections.taken
            run.held += corrections.held
        return True

    def _fail(self, run: AccessAuditRun, user: Key, error: DatabaseError) -> None:
        run.failed += 1
        # The message may quote a row; the log gets only the kind of error.
        logger.error("access could not be put right", extra={"user": str(user), "error": type(error).__name__})


def _report_permissions() -> int:
    """Name what every subscriber may do and return how many permissions that is; people decide about them."""
    permissions = permissions_of_all_subscribers()
    if permissions:
        logger.error("managed groups have permissions", extra={"permissions": permissions})
    return len(permissions)
