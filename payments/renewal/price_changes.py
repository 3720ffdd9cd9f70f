"""New prices for existing subscribers: decided by an operator, told to each of them, and charged after notice only."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from foundation.email_addresses import address_of
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from payments.batches import BATCH, in_batches, still_found
from payments.bulk_mails import send_to_each
from payments.errors import PriceChangeRefused
from payments.models import PriceChange, Renewal
from subscriptions.locks import lock_plan
from subscriptions.models import Plan, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet

PRICE_CHANGED = "price_changed"


def notice() -> timedelta:
    """Return the least time between the mail and the first period at the new price."""
    return timedelta(days=settings.PRICE_NOTICE_DAYS)


def refuse_price_change(plan: Plan, starts_at: datetime, now: datetime) -> None:
    """Raise PriceChangeRefused for a free plan, a day too soon, or a plan whose last change is not over."""
    if plan.is_free:
        raise PriceChangeRefused("A free plan charges nobody. Let subscribers choose another plan.")
    if starts_at < now + notice():
        raise PriceChangeRefused(f"Choose a day at least {settings.PRICE_NOTICE_DAYS} days ahead.")
    under_way = PriceChange.objects.filter(Q(starts_at__gt=now) | Q(finished_at=None), plan=plan)
    if under_way.exists():
        raise PriceChangeRefused("Another change of this plan's price is announced. Wait until it holds.")


def decide_price(
    plan: Plan, starts_at: datetime, reason: str, *, now: datetime, actor: AbstractBaseUser | None
) -> PriceChange:
    """Decide that existing subscribers pay the plan's present price for periods from then on; a job tells them.

    Raises PriceChangeRefused, or UnknownPlan.
    """
    with transaction.atomic():
        Plan.objects.select_for_update().filter(pk=plan.pk).first()  # of two decisions at once one is refused
        present = lock_plan(plan.pk)
        refuse_price_change(present, starts_at, now)
        return PriceChange.objects.create(
            plan=present,
            amount=present.price,
            currency=present.currency,
            starts_at=starts_at,
            reason=reason,
            decided_by_id=actor.pk if actor else None,
            decided_at=now,
        )


def apply_price_changes(now: datetime, time_left: Callable[[], timedelta], batch: int = BATCH) -> int:
    """Write decided prices to the agreements to renew and tell their subscribers; return the number of mails.

    What is locked by somebody else is left to the next run. A repetition finds nothing to do.
    """
    keys = PriceChange.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(in_batches(partial(_apply_batch, key, now, batch), time_left) for key in keys)


def announced_to(user_id: Key, now: datetime) -> QuerySet[Renewal]:
    """Return the user's renewals whose new amount is still to come."""
    owned = Renewal.objects.filter(any_of("subscription__user", [user_id]))
    announced = owned.filter(new_amount_from__gt=now, auto_renew=True)
    return announced.select_related("subscription__plan", "subscription__user").order_by("pk")


def fold_new_amounts(now: datetime) -> int:
    """Make new amounts whose time has come the agreed ones; return their number.

    A late subscription's next period begins before then: its charge stays what it was announced to be.
    """
    late = Q(subscription__expired_at=None, subscription__grace_until__gt=now)
    before = Q(subscription__end_date__lt=F("new_amount_from"))
    return _fold(Renewal.objects.exclude(late & before), now)


def _fold(renewals: QuerySet[Renewal], now: datetime) -> int:
    due = renewals.filter(new_amount_from__lte=now, new_amount__isnull=False)
    return due.update(amount=F("new_amount"), new_amount=None, new_amount_from=None)


def _apply_batch(key: int, now: datetime, batch: int) -> int | None:
    """Return the number of mails of the batch; None if the change is finished or somebody else is at it."""
    with transaction.atomic():
        change = PriceChange.objects.select_for_update(skip_locked=True).filter(pk=key, finished_at=None).first()
        if change is None:
            return None
        claimed = _to_tell(change).claim(batch)
        if not claimed:
            if not _to_tell(change).exists():
                PriceChange.objects.filter(pk=key).update(finished_at=now)
            return None
        mails = _write(change, still_found(_to_tell(change), claimed), now)
        PriceChange.objects.filter(pk=key).update(told=F("told") + mails)
        return mails


def _to_tell(change: PriceChange) -> SubscriptionQuerySet:
    """Return the subscriptions to the plan whose agreement has not heard of the change."""
    unheard = Renewal.objects.filter(subscription=OuterRef("pk"), agreed_at__lte=change.decided_at).filter(
        Q(price_change=None) | ~Q(price_change=change)
    )
    return Subscription.objects.filter(Exists(unheard), plan=change.plan_id, expired_at=None)


def _write(change: PriceChange, keys: list[int], now: datetime) -> int:
    renewals = Renewal.objects.filter(subscription__in=keys)
    _fold(renewals, now)
    changed = renewals.filter(_has_length_of_plan(), currency=change.currency).exclude(
        amount=change.amount, new_amount=None
    )
    # Cancelled ones too: they may be resumed. Whoever turned renewal off sees the price when turning it on again.
    changed.filter(auto_renew=False).update(amount=change.amount, new_amount=None, new_amount_from=None)
    to_tell = changed.filter(auto_renew=True).select_related("subscription__user").order_by("pk")
    # Whoever cannot be told is not charged more.
    told = [each for each in to_tell if address_of(each.subscription.user)]
    starts_at = max(change.starts_at, now + notice())  # late batches must give notice too
    Renewal.objects.filter(pk__in=[each.pk for each in told]).update(
        new_amount=change.amount, new_amount_from=starts_at
    )
    renewals.update(price_change=change)
    return send_to_each(PRICE_CHANGED, [each.subscription.user for each in told])


def _has_length_of_plan() -> Q:
    """Return the condition that the price is for as long a period as was agreed to."""
    plan = "subscription__plan"
    same = Q(duration_days=F(f"{plan}__duration_days"), duration_months=F(f"{plan}__duration_months"))
    return Q(duration_days=None) | same
