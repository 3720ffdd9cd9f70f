"""The deployed adapter against the provider of `make run`: page, lost answer, webhook, period."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import LazySettings
from pytest_django.live_server_helper import LiveServer

from foundation import clock
from infra.local.payment_provider import PaymentProvider
from payments.models import Order, Payment
from payments.providers.interface import OutcomeKind
from payments.providers.stripe.adapter import StripeProvider
from tests.payments.opened_orders import first_order
from tests.support.patience import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
STRIPE = StripeProvider()
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def clock_file(settings: LazySettings, tmp_path: Path) -> Path:
    """Return the file of the local clock, which the site reads as well."""
    file = tmp_path / "clock"
    settings.LOCAL_CLOCK = file.as_uri()
    return file


@pytest.fixture
def provider(live_server: LiveServer, settings: LazySettings, clock_file: Path) -> Iterator[PaymentProvider]:
    """Return the provider, used by a site that runs."""
    with PaymentProvider(clock_file) as running:
        running.send_events_to(live_server.url)
        for name, value in running.variables.items():
            setattr(settings, name, value.split(",") if name == "STRIPE_WEBHOOK_SECRETS" else value)
        yield running


@pytest.fixture
def order(provider: PaymentProvider) -> Order:
    """Return an order with a page at the provider."""
    order = first_order(now=clock.now())
    page = STRIPE.begin(order, "http://127.0.0.1/return", "http://127.0.0.1/cancel")
    order.reference = page.reference
    order.save(update_fields=["reference"])
    return order


def submit(provider: PaymentProvider, order: Order, action: str) -> None:
    """Submit the order's page, and follow nothing."""
    body = urlencode({"action": action}).encode()
    request = urllib.request.Request(f"{provider.url}/c/pay/{order.reference}", body)  # noqa: S310 - http
    with pytest.raises(urllib.error.HTTPError) as answered:
        urllib.request.build_opener(_NoRedirects).open(request, timeout=30)
    answered.value.close()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def ledger(provider: PaymentProvider) -> Any:
    return provider.control("ledger")


@pytest.mark.parametrize("action", ["pay", "lose"])
def test_paid_page_becomes_one_payment_by_the_webhook(provider: PaymentProvider, order: Order, action: str) -> None:
    submit(provider, order, action)
    wait_until(Payment.objects.exists)
    payment = Payment.objects.get()
    assert (payment.order_id, payment.amount, payment.surplus) == (order.pk, order.amount, False)
    assert ledger(provider)["orders"] == {str(order.pk): [payment.transaction_id]}
    assert ledger(provider)["charged_twice"] == []
    outcome = STRIPE.ask(order.reference)
    assert (outcome.kind, outcome.transaction_id) == (OutcomeKind.SUCCEEDED, payment.transaction_id)


def test_declined_page_gives_nothing(provider: PaymentProvider, order: Order) -> None:
    submit(provider, order, "decline")
    assert STRIPE.ask(order.reference).kind is OutcomeKind.OPEN
    assert STRIPE.close(order.reference).kind is OutcomeKind.CLOSED
    assert not Payment.objects.exists()
    assert ledger(provider)["movements"] == []


@pytest.mark.parametrize("seconds", [30 * 86_400, -86_400])
def test_provider_follows_the_local_clock_and_signs_by_the_true_time(
    provider: PaymentProvider, clock_file: Path, seconds: int
) -> None:
    clock_file.write_text(str(seconds))
    order = first_order(now=clock.now())
    order.reference = STRIPE.begin(order, "http://127.0.0.1/return", "http://127.0.0.1/cancel").reference
    order.save(update_fields=["reference"])
    submit(provider, order, "pay")
    wait_until(Payment.objects.exists)
    assert abs(Payment.objects.get().paid_at - clock.now()) < timedelta(hours=1)


def test_provider_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    owner = subprocess.run(
        [sys.executable, "-c", OWNER, str(tmp_path)], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    address = urlsplit(owner.stdout.strip())
    assert owner.returncode == -signal.SIGKILL
    wait_until(lambda: not _is_served(address.port))


OWNER = """
import os, sys
from pathlib import Path
from infra.local.payment_provider import PaymentProvider

with PaymentProvider(Path(sys.argv[1]) / "clock") as provider:
    print(provider.url, flush=True)
    os.kill(os.getpid(), 9)
"""


def _is_served(port: int | None) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port or 0)) == 0
