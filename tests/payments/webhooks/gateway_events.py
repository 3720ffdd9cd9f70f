"""Webhook requests as the function's gateways pass them on, with bodies in which a byte is easily lost."""

import base64
from typing import Any

from tests.payments.webhooks.signed_events import ADDRESS, encoded, event
from tests.support.gateway import Gateway, Request


def bodies() -> dict[str, bytes]:
    """Return signed bodies in which a byte is easily lost."""
    said = event("ping", {"object": "x", "text": "ä€😀 \\u00e4 \\/"})
    return {
        "UTF-8": encoded(said),
        "CRLF": encoded(said).replace(b"\n", b"\r\n"),
        "blanks around": b" \r\n\t" + encoded(said) + b"\n\n",
        "200 KB": encoded(event("ping", {"object": "x", "text": "ä€😀" * 22_500})),
    }


BODIES = bodies()


def with_a_flipped_bit(body: bytes) -> bytes:
    """Return the body with one bit near its end changed."""
    return body[:-9] + bytes([body[-9] ^ 1]) + body[-8:]


def webhook_event(gateway: Gateway, body: bytes, header: str, *, in_base64: bool) -> dict[str, Any]:
    """Return the event of the request. API Gateway encodes by the stage's binary types, a load balancer by the type."""
    headers = {
        "Host": gateway.host,
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "3.18.12.63",
    }
    request = Request("POST", f"{gateway.prefix}{ADDRESS}", "", headers, "")
    text = base64.b64encode(body).decode() if in_base64 else body.decode()
    return gateway.event(gateway, request) | {"body": text, "isBase64Encoded": in_base64}
