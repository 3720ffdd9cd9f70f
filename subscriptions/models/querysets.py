"""The predicates of a subscription's state, and how rows are locked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from django.db import models

from foundation.isolation import IsStrict, refuse_strict
from foundation.lock_wait import LockWait

if TYPE_CHECKING:
    from subscriptions.models import Subscription, SubscriptionEvent  # noqa: F401 - the base class names it in quotes


LOCK_WAIT = timedelta(seconds=1)
"""Longest wait for a lock of a transaction that has claimed rows. It holds their users' locks meanwhile."""


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Time is an argument; "not expired" is `expired_at IS NULL`, the condition of the partial index."""

    def live(self, now: datetime) -> "SubscriptionQuerySet":
        """Those that give access at `now`; the instant `end_date` is no longer paid for."""
        return self.filter(expired_at__isnull=True, end_date__gt=now)

    def due(self, now: datetime) -> "SubscriptionQuerySet":
        """Those that the sweep must end."""
        return self.filter(expired_at__isnull=True, end_date__lte=now)

    def claim(self, limit: int, lock_wait: timedelta = LOCK_WAIT) -> "list[Subscription]":
        """Lock up to `limit` rows and their users', oldest end first, passing over what another transaction holds.

        Locking the user too keeps a renewal of another subscription of theirs from slipping in between the expiry
        and the judgement of their access. On SQLite the transaction itself (BEGIN IMMEDIATE) is the lock.
        User and plan are not loaded. The rest of the transaction waits at most `lock_wait` for each other lock, such as
        that of a membership which somebody else is writing, and then fails. Raises StrictIsolation.
        """
        columns = [field.attname for field in self.model._meta.concrete_fields]
        user_key = self.model._meta.get_field("user").target_field.name
        rows = self.filter(LockWait(lock_wait)).annotate(is_strict=IsStrict())
        rows = rows.select_related("user").only(*columns, f"user__{user_key}").order_by("end_date", "pk")
        locked = rows.select_for_update(of=("self", "user"), no_key=True, skip_locked=True)[:limit]
        # Instances of the users, whom this only locks, would cost as much as those of the subscriptions.
        found = list(locked.query.get_compiler(locked.db).results_iter(tuple_expected=True))
        refuse_strict(bool(found and found[0][len(columns)]))
        return [self.model.from_db(locked.db, columns, row[: len(columns)]) for row in found]


class AppendOnlyQuerySet(models.QuerySet["SubscriptionEvent"]):
    """Rows are written once; history is neither changed nor deleted."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def bulk_update(self, objs: Any, fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError


class AppendOnlyError(TypeError):
    """An attempt to change the history of a subscription. Record a new event instead."""

    def __init__(self) -> None:
        super().__init__("SubscriptionEvent is append-only: record a new event instead of changing one")
