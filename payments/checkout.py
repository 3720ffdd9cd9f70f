"""Checkout of subscribers: an order, and the page on which it is paid."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse

from payments.models import Order
from payments.orders.grace import money_on_its_way
from payments.orders.opening import open_first, open_renewal
from payments.plan_changes.change_orders import change_now, quote
from payments.providers import registry
from payments.renewal.automatic_renewal import shown_renewals
from subscriptions.checkout import AutomaticRenewal, ChangeQuote, Checkout, PaymentDue
from subscriptions.models import Plan, Subscription
from subscriptions.terms import Terms


class ProviderCheckout(Checkout):
    """On if the setting PAYMENT_PROVIDER names a provider."""

    def is_on(self) -> bool:
        return bool(settings.PAYMENT_PROVIDER)

    @property
    def obliges_at_once(self) -> bool:
        return False  # the order's page asks for consent

    def open_first(self, user: AbstractBaseUser, plan: Plan, now: datetime, shown: Terms) -> PaymentDue:
        return _due(open_first(user, plan, now, shown))

    def open_renewal(self, subscription: Subscription, now: datetime, shown: Terms) -> PaymentDue:
        return _due(open_renewal(subscription, now, shown))

    def renewals(self, subscriptions: Collection[Subscription], now: datetime) -> Mapping[int, AutomaticRenewal]:
        return shown_renewals(subscriptions, now) if registry.current() else {}

    def money_on_its_way(self, subscriptions: Collection[Subscription]) -> Collection[int]:
        return money_on_its_way([subscription.pk for subscription in subscriptions])

    def quote_change(self, subscription: Subscription, plan: Plan, now: datetime) -> ChangeQuote:
        return quote(subscription, plan, now)

    def open_change(
        self, subscription: Subscription, plan: Plan, now: datetime, shown: Terms, actor: AbstractBaseUser
    ) -> PaymentDue | None:
        order = change_now(subscription, plan, now, shown, actor)
        return _due(order) if order else None


def _due(order: Order) -> PaymentDue:
    return PaymentDue(order.pk, reverse("pay", args=[order.pk]), Order)


CHECKOUTS = (ProviderCheckout(),)
