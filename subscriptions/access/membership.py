"""Access is membership of groups: a user is in one if and only if a live subscription grants it.

Every subscription grants the group `Subscribers`, and its plan the plan's own groups.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from foundation.orm.any_of import any_of
from foundation.orm.insert_select import insert_select
from foundation.orm.isolation import IsStrict, refuse_strict
from foundation.orm.key import Key
from foundation.orm.lock_wait import LockWait
from subscriptions.access.managed_groups import GROUP, PlanGroup, restore_groups
from subscriptions.models import Subscription, SubscriptionQuerySet

User = get_user_model()
Membership = User.groups.through
MEMBER = User.groups.field.m2m_field_name()
"""The field of a membership that refers to the user. Django names it after the user model."""


@dataclass(frozen=True)
class Mismatches:
    """Users, by primary key, whose groups do not match their subscriptions."""

    stale: list[Key]
    """In a managed group that no live subscription grants."""
    missing: list[Key]
    """With a live subscription and not in a group that it grants."""


@dataclass(frozen=True)
class Corrections:
    """Numbers of memberships that were wrong and were changed, and of users whom nobody could look at."""

    given: int
    taken: int
    held: int = 0
    """Users whom another transaction held."""


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
    return Corrections(given=grant_access(user_ids, now), taken=taken)


def grant_access(user_ids: Collection[Key], now: datetime) -> int:
    """Insert memberships that live subscriptions grant, the half of `reconcile_access` that a new period needs.

    Return their number. One statement for all groups.
    """
    missing = _without_membership(now).filter(any_of("pk", user_ids)).annotate(access_group=_group_id())
    rows = missing.values_list("pk", "access_group").union(_granted(now, user_ids))
    return insert_select(Membership, [MEMBER, "group"], rows, ignore_conflicts=True)


def revoke_access(user_ids: Collection[Key], now: datetime) -> int:
    """Delete memberships that no live subscription grants, the half of `reconcile_access` that an expiry needs.

    Return their number. One statement for all groups, by scalar subqueries, because PostgreSQL makes of NOT EXISTS a
    join that reads all subscriptions.
    """
    live = Subscription.objects.live(now).filter(user_id=OuterRef(MEMBER))
    granting = live.filter(plan__groups=OuterRef("group_id"))
    ended = Membership.objects.annotate(live=_first_of(live), granting=_first_of(granting)).filter(
        Q(group_id=_group_id(), live__isnull=True) | Q(group_id__in=_plan_groups(), granting__isnull=True),
        any_of(MEMBER, user_ids),
    )
    deleted, _by_model = ended.delete()
    return int(deleted)


def find_mismatches(now: datetime, *, due_is_ended: bool = True) -> Mismatches:
    """Return all users whose groups do not match, in order.

    A subscription that is due and not yet swept gives no access any more; with `due_is_ended` false, its user keeps
    it until the sweep. Set-based over all users: hash joins, 2 s at 1,000,000 users (docs/performance.md).
    """
    giving = Subscription.objects.live(now) if due_is_ended else Subscription.objects.filter(expired_at__isnull=True)
    missing = _without_membership(now).values_list("pk").union(_without_granted(now).values_list("user")).order_by("pk")
    return Mismatches(
        stale=[user for (user,) in _without_grant(giving).order_by(MEMBER)],
        missing=[user for (user,) in missing],
    )


@transaction.atomic
def repair(user_ids: Collection[Key], now: datetime, *, lock_wait: timedelta | None = None) -> Corrections:
    """Lock the users and reconcile their access, in one transaction. What was found before the lock does not count."""
    locked = lock_users(user_ids, lock_wait=lock_wait)
    return replace(reconcile_access(locked, now), held=len(set(user_ids)) - len(locked))


def _memberships() -> QuerySet[Any]:
    return Membership.objects.filter(group_id=_group_id())


def _group_id() -> Subquery:
    return Subquery(Group.objects.filter(name=GROUP).values("pk")[:1])


def _plan_groups() -> QuerySet[Any, Any]:
    return PlanGroup.objects.values("group_id")


def _first_of(subscriptions: SubscriptionQuerySet) -> Subquery:
    return Subquery(subscriptions.values("pk")[:1])


def _granted(now: datetime, user_ids: Collection[Key]) -> QuerySet[Any, Any]:
    """Return user and group of what the plans of live subscriptions grant beyond the group of all subscribers."""
    live = Subscription.objects.live(now).filter(any_of("user", user_ids), plan__groups__isnull=False)
    return live.values_list("user", "plan__groups")


def _without_grant(giving: SubscriptionQuerySet) -> QuerySet[Any, Any]:
    """Return the users of memberships that none of the subscriptions grants."""
    own = giving.filter(user_id=OuterRef(MEMBER))
    subscribers = _memberships().filter(~Exists(own))
    of_plans = Membership.objects.filter(
        ~Exists(own.filter(plan__groups=OuterRef("group_id"))), group_id__in=_plan_groups()
    )
    return subscribers.values_list(MEMBER).union(of_plans.values_list(MEMBER))


def _without_membership(now: datetime) -> QuerySet[AbstractUser]:
    live = Subscription.objects.live(now).filter(user_id=OuterRef("pk"))
    return User._base_manager.filter(Exists(live), ~Exists(_memberships().filter(**{MEMBER: OuterRef("pk")})))


def _without_granted(now: datetime) -> QuerySet[Any, Any]:
    """Return live subscriptions whose users lack a group of the plan."""
    held = Membership.objects.filter(**{MEMBER: OuterRef("user"), "group_id": OuterRef("grants")})
    live = Subscription.objects.live(now).annotate(grants=F("plan__groups"))
    return live.filter(~Exists(held), grants__isnull=False)
