"""Stripe's webhook messages: who they are from, and the members of them that are stored."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from payments.errors import Forged
from payments.providers.interface import Message
from payments.providers.stripe.keys import is_live
from payments.providers.stripe.signatures import verify

SIGNATURE = "Stripe-Signature"

KEPT: Mapping[str, tuple[str, ...]] = {
    "payment_intent": (
        "id", "status", "created", "amount_received", "currency", "metadata.order", "metadata.signature",
        "customer", "payment_method", "setup_future_usage",
        "last_payment_error.code", "last_payment_error.decline_code",
    ),
    "checkout.session": (
        "id", "mode", "status", "payment_status", "payment_intent", "customer",
        "metadata.order", "metadata.user", "metadata.signature",
    ),
    "refund": ("id", "status", "amount", "currency", "created", "payment_intent", "metadata.refund", "failure_reason"),
    "dispute": ("id", "status", "amount", "currency", "created", "payment_intent", "reason"),
    "setup_intent": ("id", "status", "customer", "payment_method", "metadata.user", "metadata.signature"),
    "payment_method": ("id", "type", "customer", "card.brand", "card.last4", "card.exp_month", "card.exp_year"),
}  # fmt: skip
"""Members that are stored, by the kind of object: what facts are made of, and nothing that names a person."""

LONGEST = 200
"""Characters of a member that is stored."""


def read(headers: Mapping[str, str], body: bytes, now: datetime) -> Message:
    """Return the message of a webhook's request. Raises Forged, before anything of the body is read."""
    verify(headers.get(SIGNATURE, ""), body, settings.STRIPE_WEBHOOK_SECRETS, now)
    event = _event(body)
    _refuse_another_stage(event)
    return message_of(event)


def message_of(event: Mapping[str, Any]) -> Message:
    """Return the message of an event, with the members that are stored. Raises Forged if it lacks what events have."""
    try:
        found = event["data"]["object"]
        body = {"object": kept_of(found)}
        message = Message(event["id"], event["type"], datetime.fromtimestamp(event["created"], UTC), body)
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise Forged(f"the event lacks what every event has: {type(error).__name__}") from error
    if not all(isinstance(text, str) and text for text in (message.message_id, message.type)):
        raise Forged("the event has no usable id or type")
    return message


def kept_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a Stripe object that are stored, and its kind."""
    kept: dict[str, Any] = {"object": found["object"]}
    for path in KEPT.get(found["object"], ()):
        name, _, inner = path.partition(".")
        value = found.get(name)
        if inner:
            if isinstance(value, Mapping) and _is_plain(value.get(inner)):
                kept.setdefault(name, {})[inner] = value[inner]
        elif isinstance(value, Mapping):  # expanded: its id stands for it
            kept[name] = value.get("id")
        elif _is_plain(value):
            kept[name] = value
    return kept


def _event(body: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Forged("the body is no JSON") from error
    if not isinstance(event, Mapping) or event.get("object") != "event":
        raise Forged("the body is no event")
    return event


def _refuse_another_stage(event: Mapping[str, Any]) -> None:
    if event.get("livemode") is not is_live(settings.STRIPE_SECRET_KEY):
        raise Forged("the event is of the other mode: live and test are separate stages")
    if event.get("account"):
        raise Forged("the event is of a connected account, and this service has none")


def _is_plain(value: object) -> bool:
    return value is not None and isinstance(value, str | int) and len(str(value)) <= LONGEST
