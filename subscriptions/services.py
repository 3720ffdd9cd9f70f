"""The transitions of a subscription. Nothing else writes its status."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Value

from foundation import clock
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from foundation.orm.select_for_share import select_for_share
from foundation.orm.violations import violates_unique
from subscriptions import signals
from subscriptions.access.membership import lock_users
from subscriptions.announcements import Pace, announce_on_commit
from subscriptions.errors import (
    AlreadySubscribed,
    IllegalTransition,
    InvalidPeriod,
    InvalidReason,
    PlanNotOnSale,
    UnknownPlan,
    UnknownSubscription,
    UnknownUser,
)
from subscriptions.models import REASON_LENGTH, Plan, Subscription, Transition
from subscriptions.recording import Record
from subscriptions.terms import UNSEEN, Terms

Status = Subscription.Status


class SubscriptionService:
    """The state machine of design section 4: create, renew, cancel, reactivate, expire.

    Each method is one transaction and takes one `now` (UTC; the present where it is left out) and the `actor` who asked
    for it (None: the subscriber's own doing or the system's). The subscription that is passed in is brought up to date
    and returned. `shown` states the terms that the actor saw; they are compared under the lock. Raises errors of
    `subscriptions.errors`, ChangedMeanwhile where the terms differ, and then nothing has changed, neither rows nor the
    instance.

    Within a transaction of your own the instance shows what that transaction will commit. Django tells nobody of a
    rollback: after rolling back your transaction or savepoint, call `subscription.refresh_from_db()`; likewise where a
    strict receiver makes another transition of the same subscription, for the instance shows yours.
    """

    @staticmethod
    def create_subscription(
        user: AbstractBaseUser,
        plan: Plan,
        *,
        now: datetime | None = None,
        actor: AbstractBaseUser | None = None,
        shown: Terms = UNSEEN,
    ) -> Subscription:
        """Start a period of `plan` at `now` and give access.

        Raises UnknownUser, UnknownPlan, PlanNotOnSale, or AlreadySubscribed where one is live, cancelled or not.
        """
        now = now or clock.now()
        with _one_live_at_most(user.pk, plan.pk), transaction.atomic():
            _lock_owner(user.pk)
            plan = _lock_plan_on_sale(plan)
            _refuse_second_live(user.pk, plan, now)
            shown.require(plan, Terms.of(plan=plan))
            subscription = Subscription.objects.create(
                user_id=user.pk, plan=plan, start_date=now, end_date=_end_of_period(now, plan.duration)
            )
            announce_on_commit(signals.subscription_created, SubscriptionService, [subscription], user=user, plan=plan)
            Record(Transition.CREATED, now, actor, old_end_date=_instant(None), sold=plan).write(
                SubscriptionService, [subscription]
            )
        return copy(subscription)  # what the caller does to it must not reach the receivers

    @staticmethod
    def renew_subscription(
        subscription: Subscription,
        *,
        now: datetime | None = None,
        actor: AbstractBaseUser | None = None,
        reason: str = "",
        shown: Terms = UNSEEN,
    ) -> Subscription:
        """Add a period to what is left of the subscription, or start one at `now` if nothing is. From any state.

        Raises UnknownSubscription, AlreadySubscribed, InvalidReason, or InvalidPeriod.
        """
        now = now or clock.now()
        with _one_live_at_most(subscription.user_id, subscription.plan_id), _transition(subscription) as changed:
            _refuse_long_reason(reason)
            plan = subscription.plan = changed.plan = _lock_plan(subscription.plan_id)
            shown.require(subscription, Terms.of(plan=plan, subscription=subscription))
            _refuse_second_live(subscription.user_id, plan, now, besides=subscription)
            old_end = subscription.end_date
            new_end = _end_of_period(max(old_end, now), plan.duration)
            exempt = (
                subscription.exempt and subscription.expired_at is None
            )  # it may overlap another until they are joined
            _change(changed, status=Status.ACTIVE, end_date=new_end, expired_at=None, exempt=exempt)
            announce_on_commit(
                signals.subscription_renewed,
                SubscriptionService,
                [changed],
                old_end_date=old_end,
                new_end_date=new_end,
            )
            Record(Transition.RENEWED, now, actor, reason, old_end_date=_instant(old_end), sold=plan).write(
                SubscriptionService, [changed]
            )
        return subscription

    @staticmethod
    def cancel_subscription(
        subscription: Subscription,
        reason: str = "",
        *,
        now: datetime | None = None,
        actor: AbstractBaseUser | None = None,
        shown: Terms = UNSEEN,
    ) -> Subscription:
        """Let the subscription run out: access stays until `end_date`. Cancelling again changes nothing.

        Raises UnknownSubscription, InvalidReason, or IllegalTransition where it has ended already.
        """
        now = now or clock.now()
        with _transition(subscription) as changed:
            _refuse_long_reason(reason)
            shown.require(subscription, Terms.of(subscription=subscription))
            _refuse_ended(subscription, now, "cancelled")
            if subscription.status == Status.CANCELLED:
                return subscription
            _change(changed, status=Status.CANCELLED)
            announce_on_commit(signals.subscription_cancelled, SubscriptionService, [changed], reason=reason)
            Record(Transition.CANCELLED, now, actor, reason).write(SubscriptionService, [changed])
        return subscription

    @staticmethod
    def reactivate_subscription(
        subscription: Subscription,
        *,
        now: datetime | None = None,
        actor: AbstractBaseUser | None = None,
        reason: str = "",
        shown: Terms = UNSEEN,
    ) -> Subscription:
        """Take a cancellation back while the subscription is live.

        Raises UnknownSubscription, AlreadySubscribed, InvalidReason, or IllegalTransition where it is not cancelled,
        or has ended.
        """
        now = now or clock.now()
        with _transition(subscription) as changed:
            _refuse_long_reason(reason)
            shown.require(subscription, Terms.of(subscription=subscription))
            _refuse_ended(subscription, now, "reactivated")
            if subscription.status != Status.CANCELLED:
                raise IllegalTransition(f"{subscription} is not cancelled; there is nothing to take back")
            _refuse_second_live(subscription.user_id, subscription.plan, now, besides=subscription)
            _change(changed, status=Status.ACTIVE)
            announce_on_commit(signals.subscription_reactivated, SubscriptionService, [changed])
            Record(Transition.REACTIVATED, now, actor, reason).write(SubscriptionService, [changed])
        return subscription

    @staticmethod
    def cancel_now(
        subscription: Subscription,
        reason: str = "",
        *,
        now: datetime | None = None,
        actor: AbstractBaseUser | None = None,
        shown: Terms = UNSEEN,
    ) -> Subscription:
        """End a live subscription, and the access that it gives, at `now`. For operators; one `expired` event.

        Raises UnknownSubscription, InvalidReason, or IllegalTransition where it has ended already or not begun.
        """
        now = now or clock.now()
        with _transition(subscription) as changed:
            _refuse_long_reason(reason)
            shown.require(subscription, Terms.of(subscription=subscription))
            _refuse_ended(subscription, now, "cancelled")
            if subscription.start_date >= now:
                raise IllegalTransition(f"{subscription} has not begun; nothing of it can be kept")
            old_end = subscription.end_date
            _change(changed, end_date=now)
            _expire([changed], Record(Transition.EXPIRED, now, actor, reason, old_end_date=_instant(old_end)))
        return subscription

    @staticmethod
    def expire_claimed(subscriptions: Sequence[Subscription], *, now: datetime, pace: Pace | None = None) -> None:
        """End what is due at `now` and was claimed (`SubscriptionQuerySet.claim`) in the transaction that is open.

        `pace` bounds the time that announcing may take.
        """
        if subscriptions:
            _expire(subscriptions, Record(Transition.EXPIRED, now), pace)

    @staticmethod
    def check_expired_subscriptions() -> int:
        """Sweep now; return how many subscriptions this run expired. Raises SweepAborted."""
        # The sweep is built on this class.
        from subscriptions.sweep import Sweep  # noqa: PLC0415

        return Sweep(now=clock.now()).run().expired


def _expire(subscriptions: Sequence[Subscription], record: Record, pace: Pace | None = None) -> None:
    ids = [subscription.pk for subscription in subscriptions]
    Subscription.objects.filter(any_of("pk", ids)).update(status=Status.EXPIRED, expired_at=record.now, exempt=True)
    for subscription in subscriptions:
        subscription.status = Status.EXPIRED
        subscription.expired_at = record.now
        subscription.exempt = True  # until it is renewed, by whichever release
    announce_on_commit(signals.subscription_expired, SubscriptionService, subscriptions, pace)
    record.write(SubscriptionService, subscriptions)


@contextmanager
def _transition(subscription: Subscription) -> Iterator[Subscription]:
    """Lock, bring the instance up to date, and yield a copy of it to change and announce.

    The instance follows the copy once the block has succeeded, so that it never shows what was undone.
    """
    with transaction.atomic():
        _lock(subscription)
        changed = copy(subscription)
        yield changed
    for field in Subscription._meta.concrete_fields:
        setattr(subscription, field.attname, getattr(changed, field.attname))


def _lock_owner(user_id: Key) -> None:
    if not lock_users([user_id]):
        raise UnknownUser(f"there is no user {user_id}")


def _lock(subscription: Subscription) -> None:
    """Lock the owner, then the row, and bring the instance up to date: what the caller had read may be stale."""
    _lock_owner(subscription.user_id)
    try:
        _refresh_locked(subscription)
    except Subscription.DoesNotExist as error:
        raise UnknownSubscription(f"there is no {subscription}") from error


def _refresh_locked(subscription: Subscription) -> None:
    """By a locking query, which no router sends to a replica."""
    subscription.refresh_from_db(from_queryset=Subscription.objects.select_for_update(no_key=True))


def _change(subscription: Subscription, **fields: object) -> None:
    for name, value in fields.items():
        setattr(subscription, name, value)
    subscription.save(update_fields=fields)


def _lock_plan(plan_id: int) -> Plan:
    """Read price, duration and sale once, and keep them until the transaction ends: all of it is of one version.

    Whoever edits a plan locks no user afterwards, so that this lock, taken after the owner's, closes no circle.
    """
    found = select_for_share(Plan.objects.filter(pk=plan_id))
    if not found:
        raise UnknownPlan(f"there is no plan {plan_id}")
    return found[0]


def _lock_plan_on_sale(plan: Plan) -> Plan:
    present = _lock_plan(plan.pk)
    if not present.on_sale:
        raise PlanNotOnSale(f"plan {plan.pk} is not on sale; choose another")
    return present


def _refuse_second_live(user_id: Key, plan: Plan, now: datetime, besides: Subscription | None = None) -> None:
    """Keep one live subscription per user and plan. End one that is due and not yet swept.

    Two may be live where the release before this one made them; of those either may go on, but only one be active.
    """
    others = Subscription.objects.filter(any_of("user", [user_id]), plan=plan, expired_at__isnull=True)
    overlaps = besides is not None and besides.expired_at is None and besides.end_date > now
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    for other in others.select_for_update(no_key=True):
        if other.end_date <= now:
            _expire([copy(other)], Record(Transition.EXPIRED, now))
            _refresh_locked(other)  # a strict receiver may have renewed it
        if other.expired_at is None and (other.status == Status.ACTIVE or not overlaps):
            raise _already_subscribed(other)


@contextmanager
def _one_live_at_most(user_id: Key, plan_id: int) -> Iterator[None]:
    """Name what the database refuses, should another release have no lock in common with this one."""
    try:
        yield
    except IntegrityError as error:
        if not violates_unique(error, Subscription, ["user", "plan"]):
            raise
        raise AlreadySubscribed(f"user {user_id} has another live subscription to plan {plan_id}") from error


def _already_subscribed(other: Subscription) -> AlreadySubscribed:
    move = "resume" if other.status == Status.CANCELLED else "renew"
    return AlreadySubscribed(
        f"user {other.user_id} has the live {other} to plan {other.plan_id}, which is {other.status}; {move} that one",
        other.pk,
    )


def _refuse_ended(subscription: Subscription, now: datetime, wish: str) -> None:
    if subscription.status == Status.EXPIRED or subscription.end_date <= now:
        raise IllegalTransition(f"{subscription} has ended and cannot be {wish}; renew it instead")


def _refuse_long_reason(reason: str) -> None:
    if len(reason) > REASON_LENGTH:
        raise InvalidReason(f"a reason has at most {REASON_LENGTH} characters, this one has {len(reason)}")


def _end_of_period(start: datetime, duration: timedelta) -> datetime:
    try:
        return start + duration
    except OverflowError as error:
        raise InvalidPeriod(f"{duration} after {start} lies beyond the last date that can be stored") from error


def _instant(value: datetime | None) -> Value:
    return Value(value, output_field=Subscription._meta.get_field("end_date"))
