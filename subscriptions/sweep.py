"""The sweep: expires the subscriptions that are due, in set-based batches with a transaction each."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Value
from django.db.models.lookups import GreaterThanOrEqual

from foundation import clock
from foundation.jobs import metrics
from foundation.jobs.garbage_collection import gc_paused
from foundation.orm.any_of import any_of
from foundation.orm.database_errors import is_database_lost
from foundation.orm.lock_wait import is_lock_timeout
from subscriptions.announcements import Pace
from subscriptions.errors import SweepAborted
from subscriptions.metrics import SubscriptionMetric
from subscriptions.models import Subscription, SweepRun
from subscriptions.models.subscription import LOCK_WAIT, SubscriptionQuerySet, access_end

logger = logging.getLogger(__name__)

BATCH_SIZE = 2_000
"""Subscriptions per transaction: some 0.1 s and 3 MB. Twice as many gain little more (docs/performance.md)."""

MAXIMUM_FAILURES = 100
"""Bad rows after which the sweep stops, because the cause cannot be in the rows."""

PUT_OFF = timedelta(hours=1)
"""Rows that failed so recently are tried last: bad rows stay due, become the oldest, and would hold up all others."""

SPLIT_LOCK_WAIT = timedelta(milliseconds=50)
"""For each lock once a batch has failed, which has waited long enough for whoever was about to finish. One row of 2,000
that is held is then found within a second; MAXIMUM_FAILURES of them take half a minute at most."""

RESERVE = timedelta(seconds=5)
"""Time kept back for the last batch and for the record of the run; a batch took 0.2 s where it was measured."""


Expire = Callable[[Sequence[Subscription], datetime, Pace], None]
"""End a claimed batch, at an instant, in the open transaction; the pace bounds its announcements."""


@dataclass
class Sweep:
    """One run over everything that is due at `now`. The next run takes the rest.

    `expire` ends a batch; `SubscriptionService.sweep` passes its own. `pace` knows the time left, which is asked before
    each batch and before each public signal. `limit` bounds the number of subscriptions that are claimed. Any number of
    sweeps may run at once: on PostgreSQL each is handed its own rows, on SQLite they take turns.
    """

    now: datetime
    expire: Expire
    pace: Pace
    limit: int | None = None
    batch_size: int = BATCH_SIZE
    expired: int = field(default=0, init=False)
    oldest_end: datetime | None = field(default=None, init=False)
    failures: dict[int, str] = field(default_factory=dict, init=False)
    _put_off: frozenset[int] | None = field(default=None, init=False)
    """Subscriptions that failed in earlier runs; None until one fails in this run."""

    def run(self) -> SweepRun:
        """Sweep, and return the row that records it.

        A subscription that cannot be expired is recorded and passed over, whatever class of error it raises. Raises
        SweepAborted, after recording, if there are too many of those. A lost database is raised as it comes, and
        leaves the row without `finished_at`.
        """
        run = SweepRun.objects.create(started_at=clock.now())
        self._pass_until_nothing_is_claimed()
        if self._put_off:
            self._put_off = frozenset()
            self._pass_until_nothing_is_claimed()
        self._record(run)
        if len(self.failures) >= MAXIMUM_FAILURES:
            raise SweepAborted(f"{len(self.failures)} subscriptions failed; see 'failures' of sweep {run.pk}")
        return run

    def due(self) -> SubscriptionQuerySet:
        """Return what this run would still take, from the write database: a replica may lag behind its batches."""
        return Subscription.objects.using(DEFAULT_DB_ALIAS).due(self.now).exclude(pk__in=list(self.failures))

    def _pass_until_nothing_is_claimed(self) -> None:
        """Repeat from the oldest row on until none is claimed; a short batch may mean that others are locked."""
        while self._pass():
            pass

    def _pass(self) -> bool:
        """Go once through what is due, oldest first; tell whether anything was claimed.

        The watermark spares each batch the dead index entries of those before it.
        """
        watermark: datetime | None = None
        claimed_any = False
        while size := self._next_batch_size():
            rows = self.due().exclude(pk__in=self._put_off or ())
            rows = rows.filter(GreaterThanOrEqual(access_end(), Value(watermark))) if watermark else rows
            with gc_paused():
                claimed = self._expire(rows, size)
            claimed_any = claimed_any or bool(claimed)
            if len(claimed) < size:
                break
            watermark = claimed[-1].access_end
        return claimed_any

    def _next_batch_size(self) -> int:
        available = self.pace.time_left() - RESERVE
        if available < timedelta() or len(self.failures) >= MAXIMUM_FAILURES:
            return 0
        size = self.pace.batch_size(self.batch_size, available)
        return size if self.limit is None else min(size, self.limit - self.expired - len(self.failures))

    def _expire(self, rows: SubscriptionQuerySet, size: int, lock_wait: timedelta = LOCK_WAIT) -> list[Subscription]:
        claimed: list[Subscription] = []
        committed: list[Subscription] = []
        used: object = None
        try:
            with transaction.atomic():
                used = connection.connection
                claimed += rows.claim(size, lock_wait)
                transaction.on_commit(lambda: committed.extend(claimed))
                self.expire(claimed, self.now, self.pace)
        except Exception as error:  # strict receivers may raise anything; it is recorded for its row
            if is_database_lost(error, connection, used):
                raise
            self._go_on_after(error, claimed, committed)
        else:
            self._count(claimed)
        return claimed

    def _go_on_after(
        self, error: Exception, claimed: Sequence[Subscription], committed: Sequence[Subscription]
    ) -> None:
        """Carry on if a receiver's commit hook failed: the batch has expired all the same."""
        if committed:
            logger.error("work after a commit of the sweep failed", extra={"error": type(error).__name__})
            self._count(committed)
        elif not claimed and is_lock_timeout(error):
            # SKIP LOCKED waits all the same for a row that another sweep is moving to its next version.
            logger.info("rows of the sweep are locked by another one; a later pass claims them")
        elif not self._puts_off(claimed):
            self._split(claimed, error)

    def _puts_off(self, claimed: Sequence[Subscription]) -> bool:
        """Return True if the failed batch contains rows that failed in an earlier run.

        They are deferred and the rest is claimed again.
        """
        if self._put_off is not None:
            return False
        self._put_off = _failed_since(self.now - PUT_OFF)
        return any(subscription.pk in self._put_off for subscription in claimed)

    def _split(self, claimed: Sequence[Subscription], error: Exception) -> None:
        """Halve the batch that was rolled back until the bad rows stand alone."""
        if not claimed:
            raise error
        if len(claimed) == 1:
            self._fail(claimed[0], error)
            return
        middle = len(claimed) // 2
        for half in (claimed[:middle], claimed[middle:]):
            if self._next_batch_size():
                rows = self.due().filter(any_of("pk", [row.pk for row in half]))
                self._expire(rows, len(half), SPLIT_LOCK_WAIT)

    def _fail(self, subscription: Subscription, error: Exception) -> None:
        self.failures[subscription.pk] = f"{type(error).__name__}: {error}"[:500]
        # The message may quote a row; the log gets only the kind of error.
        logger.error(
            "subscription could not be expired",
            extra={"subscription": subscription.pk, "error": type(error).__name__},
        )

    def _count(self, claimed: Sequence[Subscription]) -> None:
        self.expired += len(claimed)
        oldest = claimed[0].access_end if claimed else self.now  # `claim` returns them by their end
        self.oldest_end = min(oldest, self.oldest_end or self.now)

    def _record(self, run: SweepRun) -> None:
        run.finished_at = clock.now()
        run.expired = self.expired
        run.failed = len(self.failures)
        run.unannounced = self.pace.unannounced
        run.remaining = self.due().count()
        run.oldest_late = self.now - (self.oldest_end or self.now)
        run.failures = {str(pk): error for pk, error in self.failures.items()}
        run.save(update_fields=RECORDED)
        logger.info("sweep finished", extra=run.summary())
        _emit(run)


RECORDED = ("finished_at", "expired", "failed", "unannounced", "remaining", "oldest_late", "failures")
"""Without `quiet_until`, which whoever closes the gate may have noted meanwhile."""


def _failed_since(instant: datetime) -> frozenset[int]:
    runs = SweepRun.objects.using(DEFAULT_DB_ALIAS).filter(started_at__gte=instant, failed__gt=0)
    return frozenset(int(key) for failures in runs.values_list("failures", flat=True) for key in failures)


def _emit(run: SweepRun) -> None:
    metrics.emit(
        {
            SubscriptionMetric.EXPIRED: run.expired,
            SubscriptionMetric.FAILED: run.failed,
            SubscriptionMetric.UNANNOUNCED: run.unannounced,
            SubscriptionMetric.REMAINING: run.remaining,
            SubscriptionMetric.EXPIRY_LATENESS: run.oldest_late.total_seconds(),
        }
    )
