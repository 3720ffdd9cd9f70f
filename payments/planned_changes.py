"""Prices agreed to for planned changes of plan. Nobody is charged more than the last mail said."""

from collections.abc import Collection
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser

from foundation.orm.any_of import any_of
from payments.models import Renewal
from subscriptions.errors import CurrencyDiffers
from subscriptions.models import Plan, Subscription, SubscriptionEvent

WRITTEN = (
    "auto_renew", "amount", "currency", "next_amount", "new_amount", "new_amount_from", "duration_days",
    "duration_months",
)  # fmt: skip


def agree_to_next(subscription: Subscription, plan: Plan | None, actor: AbstractBaseUser | None) -> None:
    """Write down the price of the next renewal to the plan; None: none is planned any more.

    Only the owner agrees to a higher price. Raises CurrencyDiffers.
    """
    renewal = Renewal.objects.filter(subscription=subscription).first()
    if renewal is None:
        return
    by_owner = actor is not None and actor.pk == subscription.user_id
    renewal.next_amount = _price(renewal, plan, by_owner=by_owner) if plan else None
    renewal.save(update_fields=["next_amount"])


def apply(event_ids: Collection[int]) -> None:
    """Let the agreements follow changes of plan: at the price that was planned, or at most at the present one.

    A free plan is not renewed by charges, nor is one in another currency, to which only its subscriber can agree.
    """
    events = SubscriptionEvent.objects.filter(any_of("pk", event_ids))
    renewals = Renewal.objects.filter(subscription__in=events.values("subscription"))
    for renewal in renewals.select_related("subscription__plan"):
        planned = renewal.next_amount
        plan = renewal.subscription.plan
        if planned is None and not plan.is_free and plan.currency != renewal.currency:
            renewal.auto_renew, planned, renewal.currency = False, plan.price, plan.currency
        amount = _price(renewal, plan, by_owner=False) if planned is None else planned
        renewal.auto_renew = renewal.auto_renew and amount > 0
        renewal.amount, renewal.next_amount = amount or renewal.amount, None
        renewal.new_amount = renewal.new_amount_from = None  # announced for the plan before
        renewal.duration_days, renewal.duration_months = plan.duration_days, plan.duration_months
        renewal.save(update_fields=WRITTEN)


def forget(event_ids: Collection[int]) -> None:
    """Forget what was planned for subscriptions that were cancelled."""
    events = SubscriptionEvent.objects.filter(any_of("pk", event_ids))
    planned = Renewal.objects.filter(subscription__in=events.values("subscription"), next_amount__isnull=False)
    planned.update(next_amount=None)


def _price(renewal: Renewal, plan: Plan, *, by_owner: bool) -> Decimal:
    if plan.is_free:
        return Decimal(0)
    if plan.currency != renewal.currency:
        raise CurrencyDiffers(
            f"{renewal.subscription} renews in {renewal.currency} and plan {plan.pk} is paid in {plan.currency}; "
            "cancel the subscription and subscribe to the other plan"
        )
    return plan.price if by_owner else min(plan.price, renewal.amount)
