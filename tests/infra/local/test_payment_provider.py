"""The deployed adapter against the provider of `make run`: page, lost answer, webhook, period."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from pytest_django.live_server_helper import LiveServer

from foundation import clock
from infra.local.payment_provider import provider_for, variables_for
from infra.local_provider.provider import LocalProvider
from payments.models import Order, Payment
from payments.providers.interface import OutcomeKind
from payments.providers.stripe.adapter import StripeProvider
from tests.payments.orders import first_order
from tests.support.patience import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
STRIPE = StripeProvider()


@pytest.fixture
def provider(live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> Iterator[LocalProvider]:
    """Return the provider, used by a site that runs."""
    with provider_for(live_server.url, tmp_path) as running:
        for name, value in variables_for(running).items():
            setattr(settings, name, value.split(",") if name == "STRIPE_WEBHOOK_SECRETS" else value)
        yield running


@pytest.fixture
def order(provider: LocalProvider) -> Order:
    """Return an order with a page at the provider."""
    order = first_order(now=clock.now())
    page = STRIPE.begin(order, "http://127.0.0.1/return", "http://127.0.0.1/cancel")
    order.reference = page.reference
    order.save(update_fields=["reference"])
    return order


def submit(provider: LocalProvider, order: Order, action: str) -> None:
    """Submit the order's page, and follow nothing."""
    body = urlencode({"action": action}).encode()
    request = urllib.request.Request(f"{provider.url}/c/pay/{order.reference}", body)  # noqa: S310 - http
    with pytest.raises(urllib.error.HTTPError) as answered:
        urllib.request.build_opener(_NoRedirects).open(request, timeout=30)
    answered.value.close()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def ledger(provider: LocalProvider) -> Any:
    with urllib.request.urlopen(f"{provider.url}/_control/ledger", timeout=30) as answer:  # noqa: S310 - http
        return json.load(answer)


@pytest.mark.parametrize("action", ["pay", "lose"])
def test_paid_page_becomes_one_payment_by_the_webhook(provider: LocalProvider, order: Order, action: str) -> None:
    submit(provider, order, action)
    wait_until(Payment.objects.exists)
    payment = Payment.objects.get()
    assert (payment.order_id, payment.amount, payment.surplus) == (order.pk, order.amount, False)
    assert ledger(provider)["orders"] == {str(order.pk): [payment.transaction_id]}
    assert ledger(provider)["charged_twice"] == []
    outcome = STRIPE.ask(order.reference)
    assert (outcome.kind, outcome.transaction_id) == (OutcomeKind.SUCCEEDED, payment.transaction_id)


def test_declined_page_gives_nothing(provider: LocalProvider, order: Order) -> None:
    submit(provider, order, "decline")
    assert STRIPE.ask(order.reference).kind is OutcomeKind.OPEN
    assert STRIPE.close(order.reference).kind is OutcomeKind.CLOSED
    assert not Payment.objects.exists()
    assert ledger(provider)["movements"] == []
