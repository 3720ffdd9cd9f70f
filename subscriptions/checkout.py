"""Checkout: the payment that a subscriber owes before a period is given.

An app of payments registers its checkout in `foundation.registries.CHECKOUT`; without one, or for a free plan, periods
are given at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model

from foundation import money, registries
from subscriptions.models import Plan, Subscription
from subscriptions.terms import Terms


class PaymentDue(NamedTuple):
    """An open order, the path of the page on which it is paid, and its model, under which the admin logs."""

    order_id: int
    path: str
    model: type[Model]


class AutomaticRenewal(NamedTuple):
    """Automatic renewal of a subscription, which its owner turns on and off on the page at `path`."""

    is_on: bool
    amount_text: str
    currency: str
    path: str


class ChangeQuote(NamedTuple):
    """Offer to change the plan at once: the credit for what is left, the amount to pay, and the end that follows."""

    credit: Decimal
    amount: Decimal
    end: datetime
    currency: str

    @property
    def credit_text(self) -> str:
        """The credit in the reader's language, without the currency."""
        return money.formatted(self.credit, self.currency)

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)


class Checkout(ABC):
    """Base of a checkout. Its methods raise the errors of `SubscriptionService` where nothing could be bought."""

    @abstractmethod
    def is_on(self) -> bool:
        """Return True if subscribers pay by this checkout."""

    @property
    def obliges_at_once(self) -> bool:
        """True if ordering obliges to pay; False if a page asks for consent first."""
        return True

    @abstractmethod
    def open_first(self, user: AbstractBaseUser, plan: Plan, now: datetime, shown: Terms) -> PaymentDue:
        """Return the payment for a first period of the plan on the terms shown; the same one until it is made."""

    @abstractmethod
    def open_renewal(self, subscription: Subscription, now: datetime, shown: Terms) -> PaymentDue:
        """Return the payment for another period on the terms shown; the same one until it is made."""

    def renewals(self, subscriptions: Collection[Subscription], now: datetime) -> Mapping[int, AutomaticRenewal]:
        """Return the automatic renewal by subscription, of those that can have one; the plans are loaded."""
        return {}

    def money_on_its_way(self, subscriptions: Collection[Subscription]) -> Collection[int]:
        """Return those, by primary key, that go on when money arrives that is on its way, though they are cancelled."""
        return ()

    @abstractmethod
    def quote_change(self, subscription: Subscription, plan: Plan, now: datetime) -> ChangeQuote:
        """Return what a change to the plan at once costs. Raises FreePlanAtOnce, CurrencyDiffers, or InvalidPeriod."""

    @abstractmethod
    def open_change(
        self, subscription: Subscription, plan: Plan, now: datetime, shown: Terms, actor: AbstractBaseUser
    ) -> PaymentDue | None:
        """Return the payment for changing the plan at once; None if nothing was left to pay, and it is changed."""


def current() -> Checkout | None:
    """Return the checkout by which subscribers pay; None if there is none, or if it is off."""
    registered = registries.CHECKOUT.items(Checkout)  # type: ignore[type-abstract] # its subclasses are made
    return next((checkout for checkout in registered if checkout.is_on()), None)


def renewals(subscriptions: Collection[Subscription], now: datetime) -> Mapping[int, AutomaticRenewal]:
    """Return the automatic renewal by subscription; none without a checkout."""
    checkout = current()
    return checkout.renewals(subscriptions, now) if checkout else {}


def has_money_on_its_way(subscription: Subscription) -> bool:
    """Return True if money is on its way that gives another period, though the subscription is cancelled."""
    checkout = current()
    return checkout is not None and subscription.pk in checkout.money_on_its_way([subscription])


def required(plan: Plan) -> Checkout | None:
    """Return the checkout by which a subscriber pays for the plan; None if nothing is due."""
    return None if plan.is_free else current()
