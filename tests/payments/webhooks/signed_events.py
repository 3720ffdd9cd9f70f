"""Stripe's events as its webhooks bring them, signed by the official SDK."""

import itertools
import json
import time
from typing import Any

from stripe import WebhookSignature

from payments.providers.stripe.metadata import named

SECRET = "whsec_of_the_tests"
CREATED = 1_796_000_000
ADDRESS = "/payments/webhooks/stripe"

_numbers = itertools.count(1)


def event(type_: str, members: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an event with an id of its own about an object with these members."""
    return {
        "object": "event",
        "id": f"evt_{next(_numbers)}",
        "type": type_,
        "created": CREATED,
        "livemode": False,
        "data": {"object": members},
    } | fields


def intent(order: object, status: str = "succeeded", **members: Any) -> dict[str, Any]:
    """Return a PaymentIntent of 9.90 EUR for the order. It has what names a person, as Stripe's have."""
    return {
        "object": "payment_intent",
        "id": "pi_1",
        "status": status,
        "amount": 990,
        "amount_received": 990 if status == "succeeded" else 0,
        "currency": "eur",
        "receipt_email": "ada@example.com",
        "metadata": named("order", order) | {"note": "ada@example.com"},
    } | members


def refund(**members: Any) -> dict[str, Any]:
    """Return a refund of 9.90 EUR."""
    return {
        "object": "refund",
        "id": "re_1",
        "status": "succeeded",
        "amount": 990,
        "currency": "eur",
        "created": CREATED + 60,
        "payment_intent": "pi_1",
        "metadata": {},
    } | members


def dispute(status: str = "needs_response", **members: Any) -> dict[str, Any]:
    """Return a dispute about 9.90 EUR."""
    return {
        "object": "dispute",
        "id": "dp_1",
        "status": status,
        "amount": 990,
        "currency": "eur",
        "created": CREATED + 120,
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "evidence": {"customer_email_address": "ada@example.com"},
    } | members


def signature(body: bytes, secret: str = SECRET, at: int | None = None) -> str:
    """Return the signature as Stripe makes it."""
    header: str = WebhookSignature.generate_signature_header(body.decode(), secret, at or int(time.time()))
    return header


def encoded(found: dict[str, Any]) -> bytes:
    """Return the body as Stripe sends it: indented, in UTF-8."""
    return json.dumps(found, indent=2, ensure_ascii=False).encode()
