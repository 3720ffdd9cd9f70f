"""Money in JPY, EUR and KWD, from the order through the deployed adapter to the provider's own ledger and back."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from foundation import clock
from infra.local_provider.provider import SECRET_KEY, LocalProvider
from payments import hosted_page
from payments.models import Order, Payment
from payments.orders.consents import Consent
from payments.orders.opening import open_first
from payments.plan_changes.change_orders import change_now
from payments.providers import registry
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import process_refunds
from payments.refunds.withdrawal import withdraw
from subscriptions.announcements import unlimited
from subscriptions.models import Subscription
from subscriptions.terms import UNSEEN
from tests.infra.local_provider.conftest import visit
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db

BACK = "http://testserver/pay/back/"
CURRENCIES = [
    ("JPY", "980", "9800", 980, 9310, "9310"),
    ("EUR", "9.90", "99.00", 990, 9405, "94.05"),
    ("KWD", "2.990", "29.900", 2990, 28400, "28.40"),
    ("MGA", "9901", "99000", 9901, 94049, "94049"),
]
"""Currency, prices per month and year, both charges in the provider's minor unit, and the difference."""


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[LocalProvider]:
    with LocalProvider() as running:
        settings.PAYMENT_PROVIDER, settings.STRIPE_API_BASE = "stripe", running.url
        settings.STRIPE_SECRET_KEY = SECRET_KEY
        yield running


def paid(order: Order) -> Payment:
    """Pay the order on the provider's page, and ask once as the return page does."""
    adapter = registry.current()
    assert adapter is not None
    consent = Consent("", renews=False, begins_at_once=True)
    page = hosted_page.begin(order, adapter, consent, BACK, clock.now())
    assert visit(page.url, action="pay").status == 303
    hosted_page.ask(order, adapter, clock.now())
    return Payment.objects.get(order=order)


def charged(provider: LocalProvider) -> list[tuple[int, str]]:
    """Return amount and currency of each charge in the provider's ledger."""
    with urllib.request.urlopen(f"{provider.url}/_control/ledger", timeout=30) as answer:  # noqa: S310 - loopback
        movements = json.load(answer)["movements"]
    return [(each["amount"], each["currency"]) for each in movements if each["kind"] == "success"]


@pytest.mark.parametrize(("currency", "monthly", "yearly", "first", "second", "difference"), CURRENCIES)
def test_first_period_and_change_are_charged_to_the_minor_unit(
    provider: LocalProvider, currency: str, monthly: str, yearly: str, first: int, second: int, difference: str
) -> None:
    plan = make_plan(price=Decimal(monthly), currency=currency)
    now = clock.now()
    begun = paid(open_first(make_user(), plan, now, UNSEEN))
    assert (begun.amount, begun.currency, begun.surplus) == (Decimal(monthly), currency, False)

    subscription = Subscription.objects.get()
    half = subscription.start_date + timedelta(days=15)
    larger = make_plan(name="Yearly", price=Decimal(yearly), currency=currency, duration_days=365)
    order = change_now(subscription, larger, half, UNSEEN)
    assert order is not None
    assert order.amount == Decimal(difference)
    changed = paid(order)

    subscription.refresh_from_db()
    assert (changed.amount, changed.currency, changed.surplus) == (Decimal(difference), currency, False)
    assert (subscription.plan, subscription.end_date) == (larger, half + timedelta(days=365))
    assert charged(provider) == [(first, currency.lower()), (second, currency.lower())]


def test_part_of_a_price_in_thousandths_comes_back(provider: LocalProvider) -> None:
    """Stripe takes a price of 2.990 KWD and gives 1.99 back, but not 1.993; the subscriber gets the rest as well."""
    plan = make_plan(price=Decimal("2.990"), currency="KWD")
    payment = paid(open_first(make_user(), plan, clock.now(), UNSEEN))
    assert payment.subscription is not None
    third = payment.subscription.start_date + (payment.subscription.end_date - payment.subscription.start_date) / 3
    request = withdraw(payment, third)
    assert request is not None
    assert request.amount == Decimal("2.000")
    adapter = registry.current()
    assert adapter is not None
    process_refunds(adapter, clock.now() + timedelta(days=40), unlimited)
    request.refresh_from_db()
    assert request.state == "done"


def test_difference_without_a_provider_keeps_the_minor_unit(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    now = clock.now()
    plan = make_plan(price=Decimal("2.990"), currency="KWD")
    begun = open_first(make_user(), plan, now, UNSEEN)
    record_payment(begun, MoneyReceived("manual", "t-1", Decimal("2.990"), "KWD", now), now=now)
    subscription = Subscription.objects.get()
    half = subscription.start_date + (subscription.end_date - subscription.start_date) / 2
    larger = make_plan(name="Yearly", price=Decimal("29.900"), currency="KWD", duration_days=365)
    order = change_now(subscription, larger, half, UNSEEN)
    assert order is not None
    assert order.amount == Decimal("28.405")
    payment = record_payment(order, MoneyReceived("manual", "t-2", Decimal("28.405"), "KWD", half), now=half)
    assert payment is not None
    assert not payment.surplus
    subscription.refresh_from_db()
    assert subscription.plan == larger
