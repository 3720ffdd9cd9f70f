"""Automatic renewal of a subscription: what it costs, and turning it on and off."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.urls import reverse

from foundation import money
from foundation.orm.any_of import any_of
from payments.errors import NotRenewable
from payments.methods.saved_methods import COLLECTED, method_of
from payments.models import Order, Renewal
from payments.orders import grace
from payments.orders.consents import end_agreement
from payments.orders.opening import void
from subscriptions.checkout import AutomaticRenewal
from subscriptions.locks import lock_owner, lock_plan, lock_subscription
from subscriptions.models import Subscription


@dataclass(frozen=True)
class Price:
    """Price of each further period."""

    amount: Decimal
    currency: str

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)


def may_renew_automatically(subscription: Subscription, now: datetime) -> bool:
    """Return True if charges can renew it: it is active, paid for until some time after `now`, and not free."""
    is_active = subscription.status == Subscription.Status.ACTIVE and subscription.expired_at is None
    return is_active and subscription.end_date > now and not subscription.plan.is_free


def may_be_turned_on(subscription: Subscription, now: datetime) -> bool:
    """Return True if its owner can agree to charges: they can renew it, and the plan of its renewal is not free."""
    return may_renew_automatically(subscription, now) and not subscription.renewal_plan.is_free


def renewal_of(subscription: Subscription) -> Renewal | None:
    """Return the agreement to renew the subscription, on or off; None if there never was one."""
    agreed = Renewal.objects.select_related("method", "subscription__next_plan")
    return agreed.filter(subscription=subscription).first()


def price_of(subscription: Subscription, renewal: Renewal | None) -> Price:
    """Return what was agreed to for the next renewal, or else the present price of the plan that it is to."""
    if renewal:
        return Price(renewal.charge, renewal.currency)
    return Price(subscription.renewal_plan.price, subscription.renewal_plan.currency)


def shown_renewals(subscriptions: Collection[Subscription], now: datetime) -> Mapping[int, AutomaticRenewal]:
    """Return the automatic renewal by subscription, of those that can have one. One query."""
    renewable = [each for each in subscriptions if may_renew_automatically(each, now)]
    if not renewable:
        return {}
    agreed = Renewal.objects.filter(any_of("subscription", [each.pk for each in renewable]))
    found = {renewal.subscription_id: renewal for renewal in agreed.select_related("subscription__next_plan", "method")}
    shown = {each.pk: _shown(each, found.get(each.pk)) for each in renewable}
    return {each.pk: shown[each.pk] for each in renewable if shown[each.pk].is_on or may_be_turned_on(each, now)}


def turn_on(subscription: Subscription, shown: Price, terms: str, now: datetime) -> Renewal:
    """Agree to charge each further period to the owner's saved method at the price shown, of the next renewal.

    Raises NotRenewable if no charge can renew it, no method is saved, or the price is another by now.
    """
    with transaction.atomic():
        lock_subscription(subscription)
        _lock_plans(subscription)
        method, renewal = method_of(subscription.user), renewal_of(subscription)
        if method is None or not may_be_turned_on(subscription, now):
            raise NotRenewable(f"{subscription} has no method to be charged, or goes on no longer")
        if shown != price_of(subscription, renewal):
            raise NotRenewable(f"{subscription} has another price by now; show it again")
        agreed = {"auto_renew": True, "method": method, "terms": terms, "agreed_at": now}
        if subscription.next_plan is not None:
            agreed["next_amount"] = shown.amount
        plan = subscription.plan
        length = {"duration_days": plan.duration_days, "duration_months": plan.duration_months}
        sold = {"amount": plan.price, "currency": shown.currency} | length
        made, _new = Renewal.objects.update_or_create(
            subscription=subscription, defaults=agreed, create_defaults=agreed | sold
        )
        return made


def turn_off(renewal: Renewal, now: datetime) -> None:
    """Turn automatic renewal off. What is being collected is void, or closed by the charger first.

    Access ends with the paid time, and at once where that is over, unless money is on its way: that still gives its
    period, and agrees to no further one.
    """
    with transaction.atomic():
        lock_owner(renewal.subscription.user_id)
        stop(renewal.subscription_id, now)


def stop(subscription_id: int, now: datetime) -> None:
    """End automatic renewal, and what is being collected, as `turn_off` does. The caller holds the owner's lock."""
    end_agreement(subscription_id)
    for order in Order.objects.unfinished().filter(COLLECTED, subscription=subscription_id):
        void(order, now)
    grace.take_back(subscription_id)


def _lock_plans(subscription: Subscription) -> None:
    """Read the plans of the locked subscription as they stay until the transaction ends."""
    subscription.plan = lock_plan(subscription.plan_id)
    if subscription.next_plan_id is not None:
        subscription.next_plan = lock_plan(subscription.next_plan_id)


def _shown(subscription: Subscription, renewal: Renewal | None) -> AutomaticRenewal:
    price = price_of(subscription, renewal)
    is_on = renewal is not None and renewal.is_on
    path = reverse("automatic_renewal", args=[subscription.pk])
    return AutomaticRenewal(is_on, price.amount_text, price.currency, path)
