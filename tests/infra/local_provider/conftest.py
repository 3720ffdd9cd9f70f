"""A provider per test, and the official SDK as its client."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

from infra.lambda_local.loopback_server import LoopbackHandler, LoopbackServer, ServerThread, listen
from infra.local_provider.provider import SECRET_KEY, LocalProvider

VISA = "pm_card_visa"
Control = Callable[..., Any]
"""Takes the name of a control request and its members, returns the answer; without members it is a GET."""


@pytest.fixture
def provider() -> Iterator[LocalProvider]:
    """Return a provider with an empty ledger in memory."""
    with LocalProvider() as running:
        yield running


def client_of(provider: LocalProvider, key: str = SECRET_KEY) -> stripe.V1Services:
    """Return the SDK's services of this provider."""
    http = stripe.UrllibClient()
    client = stripe.StripeClient(key, http_client=http, base_addresses={"api": provider.url}, max_network_retries=0)
    return client.v1


@pytest.fixture
def api(provider: LocalProvider) -> stripe.V1Services:
    """Return the SDK's services."""
    return client_of(provider)


@pytest.fixture
def control(provider: LocalProvider) -> Control:
    """Return a function that sends control requests."""

    def send(name: str, **members: Any) -> Any:
        body = json.dumps(members).encode() if members else None
        with urllib.request.urlopen(f"{provider.url}/_control/{name}", body, timeout=30) as answer:  # noqa: S310 - http
            return json.load(answer)

    return send


@dataclass(frozen=True)
class PageAnswer:
    """Status, text and address of the redirect."""

    status: int
    text: str
    location: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


OPENER = urllib.request.build_opener(_NoRedirects)


def visit(url: str, **fields: str) -> PageAnswer:
    """Open a page as a browser does, or submit its form. Redirects are returned."""
    request = urllib.request.Request(url.partition("#")[0], urlencode(fields).encode() if fields else None)  # noqa: S310 - http
    try:
        with OPENER.open(request, timeout=30) as answer:
            return PageAnswer(answer.status, answer.read().decode(), "")
    except urllib.error.HTTPError as error:
        with error:
            return PageAnswer(error.code, error.read().decode(), error.headers.get("Location", ""))


@dataclass
class Received:
    """Receiver of webhooks: the requests that came, and the status that it answers."""

    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    status: int = HTTPStatus.OK
    url: str = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@pytest.fixture
def receiver() -> Iterator[Received]:
    """Return a receiver of webhooks."""
    received = Received()

    class Handler(LoopbackHandler):
        def do_POST(self) -> None:
            received.signatures.append(self.headers["Stripe-Signature"])
            received.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send(received.status, [], b"")

    def make(address: tuple[str, int]) -> LoopbackServer:
        return LoopbackServer(address, Handler)

    with ServerThread(listen(make)) as server:
        received.url = f"{server.url}/hooks"
        yield received


@dataclass(frozen=True)
class Shop:
    """What a merchant does, in one call each."""

    api: stripe.V1Services

    def saved_method(self, method: str = VISA) -> stripe.PaymentMethod:
        """Return a payment method that a new customer has saved."""
        customer = self.api.customers.create({"email": "ada@example.com"})
        return self.api.payment_methods.attach(method, {"customer": customer.id})

    def prepared(self, method: stripe.PaymentMethod, order: str = "7", amount: int = 990) -> stripe.PaymentIntent:
        """Return an intent that is not confirmed."""
        assert isinstance(method.customer, str)
        return self.api.payment_intents.create(
            {
                "amount": amount,
                "currency": "eur",
                "customer": method.customer,
                "payment_method": method.id,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "metadata": {"order": order},
            }
        )

    def paid(self, order: str = "7", method: str = VISA) -> stripe.PaymentIntent:
        """Return an intent that succeeded."""
        prepared = self.prepared(self.saved_method(method), order)
        return self.api.payment_intents.confirm(prepared.id, {"off_session": True})

    def checkout(self, **members: Any) -> stripe.checkout.Session:
        """Return an open session of 9.90 EUR for order 7."""
        product = {"currency": "eur", "unit_amount": 990, "product_data": {"name": "Monthly & more"}}
        wanted: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": product}],
            "success_url": "https://shop.example/back?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/pay",
            "payment_intent_data": {"metadata": {"order": "7"}},
        }
        return self.api.checkout.sessions.create(wanted | members)


@pytest.fixture
def shop(api: stripe.V1Services) -> Shop:
    """Return a merchant."""
    return Shop(api)


def page_of(session: stripe.checkout.Session) -> str:
    """Return the address of the session's page."""
    assert session.url is not None
    assert urlsplit(session.url).hostname == "127.0.0.1"
    return session.url
