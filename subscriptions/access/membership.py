"""Access is membership of the group `Subscribers`: a user is in it if and only if they have a live subscription."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from foundation.orm.any_of import any_of
from foundation.orm.insert_select import insert_select
from foundation.orm.isolation import IsStrict, refuse_strict
from foundation.orm.key import Key
from foundation.orm.lock_wait import LockWait
from subscriptions.access.managed_groups import GROUP, restore_groups
from subscriptions.models import Subscription

User = get_user_model()
Membership = User.groups.through
MEMBER = User.groups.field.m2m_field_name()
"""The field of a membership that refers to the user. Django names it after the user model."""


@dataclass(frozen=True)
class Mismatches:
    """Users, by primary key, whose group does not match their subscriptions."""

    stale: list[Key]
    """In the group without a live subscription."""
    missing: list[Key]
    """With a live subscription and not in the group."""


@dataclass(frozen=True)
class Corrections:
    """Numbers of memberships that were wrong and were changed."""

    given: int
    taken: int


def lock_users(user_ids: Collection[Key], *, lock_wait: timedelta | None = None) -> list[Key]:
    """Lock the users' rows until the transaction ends, in one order for all; return those that exist.

    Whoever judges or changes somebody's access holds this lock. It lets other tables refer to the user meanwhile. A
    managed group that is missing is created, so that a transition can give access. With `lock_wait`, users whom
    another transaction holds are left out, and the rest of the transaction waits at most so long for each other lock.
    Raises StrictIsolation.
    """
    rows = User._base_manager.filter(any_of("pk", user_ids)).order_by("pk")
    rows = rows.filter(LockWait(lock_wait)) if lock_wait else rows
    rows = rows.select_for_update(no_key=True, skip_locked=lock_wait is not None)
    locked = list(rows.values_list("pk", IsStrict(), _group_id()))
    refuse_strict(any(is_strict for _pk, is_strict, _group in locked))
    if any(group is None for _pk, _is_strict, group in locked):
        restore_groups()
    return [pk for pk, _is_strict, _group in locked]


def reconcile_access(user_ids: Collection[Key], now: datetime) -> Corrections:
    """Make the users' membership agree with all of their live subscriptions. Idempotent, set-based, two statements.

    The users' rows must be locked: these statements then see, on PostgreSQL, all that committed before the lock.
    `m2m_changed` is not sent. Raises IntegrityError where the group itself is missing, which `lock_users` prevents.
    """
    taken = revoke_access(user_ids, now)
    missing = _without_membership(now).filter(any_of("pk", user_ids)).annotate(access_group=_group_id())
    rows = missing.values_list("pk", "access_group")
    given = insert_select(Membership, [MEMBER, "group"], rows, ignore_conflicts=True)
    return Corrections(given=given, taken=taken)


def revoke_access(user_ids: Collection[Key], now: datetime) -> int:
    """Delete memberships without a live subscription, the half of `reconcile_access` that an expiry needs; count them.

    By a scalar subquery, because PostgreSQL makes of NOT EXISTS a join that reads all subscriptions.
    """
    live = Subscription.objects.live(now).filter(user_id=OuterRef(MEMBER)).values("pk")[:1]
    ended = _memberships().annotate(live=Subquery(live)).filter(any_of(MEMBER, user_ids), live__isnull=True)
    deleted, _by_model = ended.delete()
    return int(deleted)


def find_mismatches(now: datetime, *, due_is_ended: bool = True) -> Mismatches:
    """Return all users whose group does not match, in order.

    A subscription that is due and not yet swept gives no access any more; with `due_is_ended` false, its user keeps
    it until the sweep. Set-based over all users: hash joins, 2 s at 1,000,000 users (docs/performance.md).
    """
    ended = ~_live_of(MEMBER, now) if due_is_ended else ~_unexpired_of(MEMBER)
    stale = _memberships().filter(ended).order_by(f"{MEMBER}_id")
    missing = _without_membership(now).order_by("pk")
    return Mismatches(
        stale=list(stale.values_list(MEMBER, flat=True)),
        missing=list(missing.values_list("pk", flat=True)),
    )


@transaction.atomic
def repair(user_ids: Collection[Key], now: datetime, *, lock_wait: timedelta | None = None) -> Corrections:
    """Lock the users and reconcile their access, in one transaction. What was found before the lock does not count."""
    return reconcile_access(lock_users(user_ids, lock_wait=lock_wait), now)


def _memberships() -> QuerySet[Any]:
    return Membership.objects.filter(group_id=_group_id())


def _group_id() -> Subquery:
    return Subquery(Group.objects.filter(name=GROUP).values("pk")[:1])


def _live_of(user_field: str, now: datetime) -> Exists:
    return Exists(Subscription.objects.live(now).filter(user_id=OuterRef(user_field)))


def _unexpired_of(user_field: str) -> Exists:
    return Exists(Subscription.objects.filter(expired_at__isnull=True, user_id=OuterRef(user_field)))


def _without_membership(now: datetime) -> QuerySet[AbstractUser]:
    return User._base_manager.filter(_live_of("pk", now), ~Exists(_memberships().filter(**{MEMBER: OuterRef("pk")})))
