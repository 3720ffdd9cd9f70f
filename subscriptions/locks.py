"""Locks of a transition, and changes under them: the owner first, then the subscription, then the plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from django.db import transaction
from django.db.models import Exists

from accounts.profiles import erased
from foundation.orm.key import Key
from foundation.orm.select_for_share import select_for_share
from subscriptions.access.membership import lock_users
from subscriptions.errors import PlanNotOnSale, UnknownPlan, UnknownSubscription, UnknownUser
from subscriptions.models import Plan, Subscription


def lock_owner(user_id: Key) -> None:
    """Lock the user's row. Raises UnknownUser."""
    if not lock_users([user_id]):
        raise UnknownUser(f"there is no user {user_id}")


def lock_subscription(subscription: Subscription) -> None:
    """Lock the owner, then the row, and bring the instance up to date: what the caller had read may be stale.

    Raises UnknownUser or UnknownSubscription.
    """
    lock_owner(subscription.user_id)
    try:
        refresh_locked(subscription)
    except Subscription.DoesNotExist as error:
        raise UnknownSubscription(f"there is no {subscription}") from error


def refresh_locked(subscription: Subscription) -> None:
    """Read the row again by a locking query, which no router sends to a replica."""
    subscription.refresh_from_db(from_queryset=Subscription.objects.select_for_update(no_key=True))


def lock_plan(plan_id: int, **annotations: Exists) -> Plan:
    """Return the plan as it stays until the transaction ends, with the annotations. Raises UnknownPlan.

    An edit of a plan locks no user afterwards, so this lock, taken after the owner's, cannot deadlock.
    """
    found = select_for_share(Plan.objects.filter(pk=plan_id).annotate(**annotations))
    if not found:
        raise UnknownPlan(f"there is no plan {plan_id}")
    return found[0]


def lock_plan_for(user_id: Key, plan_id: int) -> Plan:
    """Return the plan as it stays until the transaction ends, for a user who is to get something new of it.

    The caller holds the owner's lock, so an erasure is over or waits. What is paid already uses `lock_plan`. Raises
    UnknownPlan, or UnknownUser for one who was erased.
    """
    plan = lock_plan(plan_id, is_for_nobody=Exists(erased(user_id)))
    if plan.is_for_nobody:  # type: ignore[attr-defined] # annotated
        raise _was_erased(user_id)
    return plan


def lock_plan_on_sale(plan: Plan, user_id: Key) -> Plan:
    """Return the plan as it stays until the transaction ends, as `lock_plan_for` does. Raises PlanNotOnSale too."""
    present = lock_plan_for(user_id, plan.pk)
    if not present.on_sale:
        raise PlanNotOnSale(f"plan {plan.pk} is not on sale; choose another")
    return present


def refuse_erased(user_id: Key) -> None:
    """Raise UnknownUser for a user who was erased, where no plan is locked for them. The caller holds their lock."""
    if select_for_share(erased(user_id)):
        raise _was_erased(user_id)


def _was_erased(user_id: Key) -> UnknownUser:
    return UnknownUser(f"user {user_id} was erased, and gets nothing new")


@contextmanager
def transition(subscription: Subscription, *, is_locked: bool = False) -> Iterator[Subscription]:
    """Lock, bring the instance up to date, and yield a copy of it to change and announce.

    The instance follows the copy once the block has succeeded, so that it never shows what was undone. If `is_locked`,
    the open transaction holds the locks of owner and row, and has read the instance under them.
    """
    with transaction.atomic():
        if not is_locked:
            lock_subscription(subscription)
        changed = copy(subscription)
        yield changed
    for field in Subscription._meta.concrete_fields:
        setattr(subscription, field.attname, getattr(changed, field.attname))


def change(subscription: Subscription, **fields: object) -> None:
    """Set the fields, and write them."""
    for name, value in fields.items():
        setattr(subscription, name, value)
    subscription.save(update_fields=fields)
