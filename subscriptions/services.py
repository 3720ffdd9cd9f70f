"""The transitions of a subscription. Nothing else writes its status."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from foundation import clock
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from subscriptions import signals
from subscriptions.announcements import Pace, announce_on_commit, unlimited
from subscriptions.errors import IllegalTransition
from subscriptions.locks import (
    change,
    lock_owner,
    lock_plan,
    lock_plan_for,
    lock_plan_on_sale,
    refresh_locked,
    transition,
)
from subscriptions.metadata import refuse_invalid_external_id, refuse_invalid_metadata
from subscriptions.models import Plan, Subscription, SubscriptionQuerySet, SweepRun, Transition
from subscriptions.plan_switch import instant, switch_plan
from subscriptions.recording import Record
from subscriptions.rules import (
    allowed,
    already_subscribed,
    free_days,
    next_period,
    one_live_at_most,
    refuse_early_change,
    refuse_early_renewal,
    refuse_ended,
    refuse_long_reason,
)
from subscriptions.sweep import BATCH_SIZE, Sweep
from subscriptions.terms import UNSEEN, Purchase, Terms

Status = Subscription.Status


class SubscriptionService:
    """The state machine of docs/explanation/state-machine.md: create, renew, cancel, reactivate, expire.

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
        reason: str = "",
        shown: Terms = UNSEEN,
        external_id: str = "",
        metadata: Mapping[str, str] | None = None,
        bought: Purchase | None = None,
        trial: bool = False,
    ) -> Subscription:
        """Start a period of `plan` at `now` and give access. What was `bought` is given, on sale or not.

        `external_id` and `metadata` are an integrator's own. A `trial` is begun by `subscriptions.trials`.
        Raises UnknownUser, also for one who was erased unless it was bought, UnknownPlan, PlanNotOnSale, InvalidReason,
        InvalidMetadata, or AlreadySubscribed where one is live, cancelled or not.
        """
        now = now or clock.now()
        refuse_long_reason(reason)
        refuse_invalid_external_id(external_id)
        refuse_invalid_metadata(own := dict(metadata or {}))
        with one_live_at_most(user.pk, plan.pk), transaction.atomic():
            lock_owner(user.pk)
            plan = bought.applied_to(lock_plan(plan.pk)) if bought else lock_plan_on_sale(plan, user.pk)
            refuse_second_live(user.pk, plan, now)
            shown.require(plan, Terms.of(plan=plan))
            end, anchor_day = next_period(plan, now)
            subscription = Subscription.objects.create(
                user_id=user.pk,
                plan=plan,
                start_date=now,
                end_date=end,
                anchor_day=anchor_day,
                external_id=external_id,
                metadata=own,
                trial=trial,
            )
            announce_on_commit(signals.subscription_created, SubscriptionService, [subscription], user=user, plan=plan)
            Record(Transition.CREATED, now, actor, reason, old_end_date=instant(None), sold=plan).write(
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
        early: Callable[[], bool] = allowed,
    ) -> Subscription:
        """Add a period to what is left of the subscription, or start one at `now` if nothing is. From any state.

        The period is that of the planned plan or else the present one. While more than one is left it asks `early`,
        which may be `subscriptions.permissions.may_renew_early`. `subscriptions.bought_periods` gives what was paid.

        Raises UnknownSubscription, UnknownUser for one who was erased, AlreadySubscribed, InvalidReason, InvalidPeriod,
        RenewalTooEarly, or ChangeTooEarly.
        """
        now = now or clock.now()
        with one_live_at_most(subscription.user_id, subscription.plan_id), transition(subscription) as changed:
            refuse_long_reason(reason)
            plan = lock_plan_for(subscription.user_id, subscription.next_plan_id or subscription.plan_id)
            if plan.pk == subscription.plan_id:
                subscription.plan = changed.plan = plan
            shown.require(subscription, Terms.of(plan=plan, subscription=subscription))
            refuse_early_change(subscription, plan, now)
            refuse_early_renewal(subscription, plan, now, early)
            refuse_second_live(subscription.user_id, plan, now, besides=subscription)
            if plan.pk != changed.plan_id:
                switch_plan(SubscriptionService, changed, plan, Record(Transition.CHANGED, now, actor, reason))
            _add_unpaid(changed, plan, Status.ACTIVE, Record(Transition.RENEWED, now, actor, reason))
        return subscription

    @staticmethod
    def give_days(
        subscription: Subscription,
        days: int,
        reason: str = "",
        *,
        now: datetime | None = None,
        actor: AbstractBaseUser | None = None,
        shown: Terms = UNSEEN,
    ) -> Subscription:
        """Add days to what is left of the subscription, or start them at `now` if nothing is. For operators.

        It is recorded and announced as a renewal of this length at the price 0. One that is cancelled and live stays
        cancelled.

        Raises UnknownSubscription, UnknownUser for one who was erased, AlreadySubscribed, InvalidReason, or
        InvalidPeriod.
        """
        now = now or clock.now()
        with one_live_at_most(subscription.user_id, subscription.plan_id), transition(subscription) as changed:
            refuse_long_reason(reason)
            gift = free_days(lock_plan_for(subscription.user_id, subscription.plan_id), days)
            shown.require(subscription, Terms.of(subscription=subscription))
            refuse_second_live(subscription.user_id, gift, now, besides=subscription)
            stays_cancelled = subscription.status == Status.CANCELLED and subscription.end_date > now
            status = Status.CANCELLED if stays_cancelled else Status.ACTIVE
            _add_unpaid(changed, gift, status, Record(Transition.RENEWED, now, actor, reason))
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

        One whose payment is late ends at once, because no paid time is left of it.

        Raises UnknownSubscription, InvalidReason, or IllegalTransition where it has ended already.
        """
        now = now or clock.now()
        with transition(subscription) as changed:
            refuse_long_reason(reason)
            shown.require(subscription, Terms.of(subscription=subscription))
            refuse_ended(subscription, now, "cancelled")
            if subscription.status == Status.CANCELLED:
                return subscription
            if subscription.is_late(now):
                change(changed, grace_until=None, next_plan=None)
                _expire([changed], Record(Transition.EXPIRED, now, actor, reason))
                return subscription
            change(changed, status=Status.CANCELLED, grace_until=None, next_plan=None)
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
        """Resume a cancelled subscription while it is live.

        Raises UnknownSubscription, AlreadySubscribed, InvalidReason, or IllegalTransition where it is not cancelled,
        or has ended.
        """
        now = now or clock.now()
        with transition(subscription) as changed:
            refuse_long_reason(reason)
            shown.require(subscription, Terms.of(subscription=subscription))
            refuse_ended(subscription, now, "reactivated")
            if subscription.status != Status.CANCELLED:
                raise IllegalTransition(f"{subscription} is not cancelled; there is nothing to take back")
            refuse_second_live(subscription.user_id, subscription.plan, now, besides=subscription)
            change(changed, status=Status.ACTIVE)
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
        with transition(subscription) as changed:
            refuse_long_reason(reason)
            shown.require(subscription, Terms.of(subscription=subscription))
            refuse_ended(subscription, now, "cancelled")
            if subscription.start_date >= now:
                raise IllegalTransition(f"{subscription} has not begun; nothing of it can be kept")
            old_end = subscription.end_date
            change(changed, end_date=min(now, old_end), grace_until=None, next_plan=None)
            _expire([changed], Record(Transition.EXPIRED, now, actor, reason, old_end_date=instant(old_end)))
        return subscription

    @staticmethod
    def grant_grace(subscription: Subscription, until: datetime, *, now: datetime | None = None) -> Subscription:
        """Let access go on until then although the next period is not paid; for whoever charges, before trying.

        No transition, so no event. A renewal or a cancellation ends it. Raises UnknownSubscription, or
        IllegalTransition where the subscription has ended or is cancelled.
        """
        now = now or clock.now()
        with transition(subscription) as changed:
            refuse_ended(subscription, now, "continued")
            if subscription.status == Status.CANCELLED:
                raise IllegalTransition(f"{subscription} is cancelled, and gets no grace period")
            change(changed, grace_until=until)
        return subscription

    @staticmethod
    def expire_claimed(subscriptions: Sequence[Subscription], *, now: datetime) -> None:
        """End what is due at `now` and was claimed (`SubscriptionQuerySet.claim`) in the open transaction."""
        _expire_claimed(subscriptions, now)

    @staticmethod
    def sweep(
        *,
        now: datetime | None = None,
        time_left: Callable[[], timedelta] = unlimited,
        limit: int | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> SweepRun:
        """Expire everything that is due at `now`, in batches of a transaction each; return the record of the run.

        A subscription that cannot be expired is recorded and passed over, whatever error it raises. Raises SweepAborted
        after recording the run if there are too many of those, and the database's error if the database is lost.
        """
        pace = Pace(time_left, signals.subscription_expired, SubscriptionService)
        return Sweep(now or clock.now(), _expire_claimed, pace, limit, batch_size).run()

    @staticmethod
    def check_expired_subscriptions() -> int:
        """Sweep now; return how many subscriptions this run expired. Raises SweepAborted."""
        return SubscriptionService.sweep().expired


def _add_unpaid(changed: Subscription, sold: Plan, status: Status, record: Record) -> None:
    if changed.status != status:
        signals.subscription_restarted.send(SubscriptionService, subscription=changed)
    add_period(changed, sold, status, record)


def add_period(changed: Subscription, sold: Plan, status: Status, record: Record) -> int:
    """Add a period on the terms that were sold to the locked subscription. Return the key of the event."""
    old_end = changed.end_date
    new_end, anchor_day = next_period(sold, record.now, changed)
    exempt = changed.exempt and changed.expired_at is None  # it may overlap another until they are joined
    fields = {"status": status, "end_date": new_end, "anchor_day": anchor_day}
    change(changed, **fields, grace_until=None, expired_at=None, exempt=exempt)
    announce_on_commit(
        signals.subscription_renewed, SubscriptionService, [changed], old_end_date=old_end, new_end_date=new_end
    )
    (event_id,) = replace(record, old_end_date=instant(old_end), sold=sold).write(SubscriptionService, [changed])
    return event_id


def _expire_claimed(subscriptions: Sequence[Subscription], now: datetime, pace: Pace | None = None) -> None:
    if subscriptions:
        _expire(subscriptions, Record(Transition.EXPIRED, now), pace)


def _expire(subscriptions: Sequence[Subscription], record: Record, pace: Pace | None = None) -> None:
    ids = [subscription.pk for subscription in subscriptions]
    Subscription.objects.filter(any_of("pk", ids)).update(status=Status.EXPIRED, expired_at=record.now, exempt=True)
    for subscription in subscriptions:
        subscription.status = Status.EXPIRED
        subscription.expired_at = record.now
        subscription.exempt = True  # until it is renewed, by whichever release
    announce_on_commit(signals.subscription_expired, SubscriptionService, subscriptions, pace)
    record.write(SubscriptionService, subscriptions)


def others_to_the_plan(user_id: Key, plan_id: int, besides: Subscription | None) -> SubscriptionQuerySet:
    """Return the user's other subscriptions to the plan that have not expired, some of which may be due."""
    others = Subscription.objects.filter(any_of("user", [user_id]), plan=plan_id, expired_at__isnull=True)
    return others.exclude(pk=besides.pk) if besides is not None else others


def refuse_second_live(user_id: Key, plan: Plan, now: datetime, besides: Subscription | None = None) -> None:
    """Raise AlreadySubscribed if the user has another live one to the plan. End one that is due and not yet swept.

    Two may be live where the release before this one made them; of those either may go on, but only one be active.
    """
    overlaps = besides is not None and besides.is_live(now)
    for other in others_to_the_plan(user_id, plan.pk, besides).select_for_update(no_key=True):
        if other.access_end <= now:
            _expire([copy(other)], Record(Transition.EXPIRED, now))
            refresh_locked(other)  # a strict receiver may have renewed it
        if other.expired_at is None and (other.status == Status.ACTIVE or not overlaps):
            raise already_subscribed(other)
