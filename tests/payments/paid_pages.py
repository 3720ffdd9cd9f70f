"""The subscriber's way to the provider's page and back."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.models import Order, PaymentMethod, Renewal
from subscriptions.models import Subscription
from tests.payments.opened_orders import renewal_order
from tests.payments.providers.stripe.answers import intent, session
from tests.support.factories import make_plan, make_user

AGREED = {"begins_at_once": "on"}
OPEN = session("open")
PAID = session("complete", payment_intent=intent())
HOSTED = "https://checkout.stripe.com/c/pay/cs_1"


def pay(browser: Client, order: Order, **fields: str) -> Any:
    """Agree on the order's page; the answer leads to the provider."""
    return browser.post(reverse("pay", args=[order.pk]), AGREED | fields)


def come_back(browser: Client, order: Order) -> str:
    """Return the page to which the provider leads back."""
    return browser.get(reverse("pay_return", args=[order.pk])).content.decode()


def renewed_by_charges() -> Order:
    """Open the order of a renewal that is charged automatically."""
    now = clock.now()
    held = Subscription.objects.create(
        user=make_user(), plan=make_plan(), start_date=now, end_date=now + timedelta(days=1)
    )
    method = PaymentMethod.objects.create(user=held.user, provider="stripe", customer="cus_1", token="pm_old")
    Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=now
    )
    return renewal_order(held, now)
