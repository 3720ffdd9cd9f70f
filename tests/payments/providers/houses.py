"""Ways of taking money, each with what its customers do and the messages that it sends."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from examples.payment_links.provider import PaymentLinks
from examples.payment_links.signatures import signature
from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET, LocalProvider
from payments.models import Order
from payments.providers.interface import Page, Provider
from payments.providers.stripe.adapter import StripeProvider
from tests.infra.local_provider.conftest import Received, visit
from tests.support.patience import wait_until
from tests.support.staff import make_staff

LINKS_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAYER = "payer@example.com"
RETURN, CANCEL = "https://shop.example.com/return", "https://shop.example.com/cancel"


@dataclass(frozen=True)
class Delivery:
    """Request of a webhook."""

    headers: dict[str, str]
    body: bytes


class House(Protocol):
    """Provider with customers. `provider` is the adapter in use."""

    provider: Provider
    lists: bool
    refunds: bool

    def pay(self, page: Page) -> bool:
        """Pay on the page as a customer does. Return False if the house refuses it."""

    def give_back(self, transaction_id: str, amount: Decimal) -> None:
        """Give euros back as in the house's own dashboard."""

    def deliveries(self) -> list[Delivery]:
        """Return the webhooks' requests so far."""


@dataclass
class StripeHouse:
    """The local provider over HTTP, and the requests that its webhooks make."""

    local: LocalProvider
    received: Received
    provider: Provider = field(default_factory=StripeProvider)
    lists: bool = True
    refunds: bool = True

    def pay(self, page: Page) -> bool:
        return visit(page.url, action="pay").status == 303

    def give_back(self, transaction_id: str, amount: Decimal) -> None:
        from payments.providers.stripe.client import v1  # noqa: PLC0415 - loads the SDK

        v1().refunds.create({"payment_intent": transaction_id, "amount": int(amount * 100)})

    def deliveries(self) -> list[Delivery]:
        with self.local.ledger.transaction() as books:
            told = len(books.select("event"))
        wait_until(lambda: len(self.received.bodies) >= told)
        requests = zip(self.received.signatures, self.received.bodies, strict=True)
        return [Delivery({"Stripe-Signature": header}, body) for header, body in requests]


@contextmanager
def stripe_house(settings: LazySettings, receiver: Received) -> Iterator[StripeHouse]:
    """Yield Stripe's adapter on a local provider, over HTTP, while the settings name it."""
    with LocalProvider(webhook_url=receiver.url) as local:
        settings.PAYMENT_PROVIDER, settings.STRIPE_API_BASE = "stripe", local.url
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = SECRET_KEY, [WEBHOOK_SECRET]
        yield StripeHouse(local, receiver)


@dataclass
class LinksHouse:
    """House of payment links, which takes money by them and sends Standard Webhooks."""

    provider: Provider = field(default_factory=PaymentLinks)
    lists: bool = False
    refunds: bool = False
    sent: list[Delivery] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def pay(self, page: Page) -> bool:
        query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
        if int(query["reference"].partition("-")[2]) < time.time():
            return False
        self._send("payment.succeeded", {name: query[name] for name in ("reference", "amount", "currency")})
        return True

    def give_back(self, transaction_id: str, amount: Decimal) -> None:
        told = {"payment": transaction_id, "amount": str(amount), "currency": "EUR"}
        self._send("refund.succeeded", {"refund": f"refund_{next(self._numbers)}", **told})

    def deliveries(self) -> list[Delivery]:
        return list(self.sent)

    def _send(self, type_: str, data: dict[str, str]) -> None:
        number = next(self._numbers)
        told = {"payment": f"payment_{number}", "email": PAYER} | data
        message = {"type": type_, "timestamp": datetime.now(UTC).isoformat(), "data": told}
        body, timestamp = json.dumps(message).encode(), str(int(time.time()))
        signed = signature(LINKS_SECRET, f"msg_{number}", timestamp, body)
        headers = {"webhook-id": f"msg_{number}", "webhook-timestamp": timestamp, "webhook-signature": signed}
        self.sent.append(Delivery(headers, body))


def deliver(house: House, delivery: Delivery) -> int:
    """Bring the request to the site, and return the status of its answer."""
    address = reverse("webhook", args=[house.provider.name])
    answer = Client().post(address, delivery.body, content_type="application/json", headers=delivery.headers)
    return answer.status_code


def record_transfer(order: Order, transaction_id: str) -> None:
    """Record a transfer of the order's amount on the admin's page, as staff do."""
    browser = Client()
    browser.force_login(make_staff("payments.view_order", "payments.record_payment"))
    form = {"amount": order.amount, "currency": order.currency, "paid_on": f"{datetime.now(UTC):%Y-%m-%d}"}
    address = reverse("admin:record_payment", args=[order.pk])
    assert browser.post(address, {"transaction_id": transaction_id, **form}).status_code == 302
