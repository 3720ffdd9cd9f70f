"""Facts of Stripe's events. Money comes from PaymentIntents alone: a completed Checkout session may be unpaid.

https://docs.stripe.com/api/events/types
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from payments.errors import UnreadableFact
from payments.providers.interface import Fact, FactKind, Message, MethodDetails
from payments.providers.stripe.amounts import from_minor_units
from payments.providers.stripe.expiry import end_of_month
from payments.providers.stripe.metadata import is_ours

Kind = FactKind
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Errors of members that are missing, or are not what they are documented to be."""
Members = Mapping[str, Any]


def facts_of(message: Message) -> tuple[Fact, ...]:
    """Return the facts of a stored message; none of a type that is ignored. Raises UnreadableFact."""
    reader = READERS.get(message.type)
    if reader is None:
        return ()
    try:
        fact = reader(message.body["object"], message.made_at)
    except UNREADABLE as error:  # the error's text may quote the message
        raise UnreadableFact(f"{message.type} cannot be read: {type(error).__name__}") from error
    return (fact,) if fact else ()


def _intent(kind: FactKind) -> Callable[[Members, datetime], Fact]:
    def read(intent: Members, made_at: datetime) -> Fact:
        failure, metadata = intent.get("last_payment_error", {}), intent.get("metadata", {})
        return Fact(
            kind,
            made_at,
            reference=intent["id"],
            order_id=_number(metadata.get("order")),
            is_proven=is_ours(metadata, "order"),
            code=failure.get("decline_code") or failure.get("code") or "" if kind is Kind.FAILED else "",
            method=_agreed_method(intent),
            customer=intent.get("customer", ""),
            **(_money(intent["id"], intent["amount_received"], intent["currency"]) if kind is Kind.SUCCEEDED else {}),
        )

    return read


def _agreed_method(intent: Members) -> MethodDetails | None:
    """Return the method that the subscriber agreed to have charged later. What its owner knows it by, asking tells."""
    customer, token = intent.get("customer"), intent.get("payment_method")
    if intent.get("setup_future_usage") != "off_session" or not customer or not token:
        return None
    created = intent.get("created")  # a message that was stored by an earlier release lacks it
    return MethodDetails(customer, token, entered_at=datetime.fromtimestamp(created, UTC) if created else None)


def _session_expired(session: Members, made_at: datetime) -> Fact:
    """Return that the page is closed."""
    metadata = session.get("metadata", {})
    return Fact(
        Kind.CLOSED,
        made_at,
        reference=session["id"],
        order_id=_number(metadata.get("order")),
        is_proven=is_ours(metadata, "order"),
        customer=session.get("customer", ""),
        user_id=_user(metadata),
    )


def refund(found: Members, made_at: datetime) -> Fact | None:
    """Return that money went back, or did not after all; None while that is open."""
    kind = REFUND_KINDS.get(found["status"])
    if kind is None or not found.get("payment_intent"):
        return None
    return Fact(
        kind,
        datetime.fromtimestamp(found["created"], UTC),
        code=found.get("failure_reason") or "",
        reference=found.get("metadata", {}).get("refund", ""),
        of=found["payment_intent"],
        **_money(found["id"], found["amount"], found["currency"]),
    )


def dispute(found: Members, made_at: datetime) -> Fact | None:
    """Return what became of a dispute. An inquiry takes no money, and is told for the same reasons."""
    if not found.get("payment_intent"):
        return None
    return Fact(
        DISPUTE_KINDS.get(found["status"], Kind.DISPUTED),
        datetime.fromtimestamp(found["created"], UTC),
        of=found["payment_intent"],
        code=found.get("reason", ""),
        **_money(found["id"], found["amount"], found["currency"]),
    )


def _method_saved(setup: Members, made_at: datetime) -> Fact | None:
    if not setup.get("customer") or not setup.get("payment_method"):
        return None
    details = MethodDetails(setup["customer"], setup["payment_method"])
    return Fact(Kind.METHOD_SAVED, made_at, method=details, user_id=_user(setup.get("metadata", {})))


def _user(metadata: Members) -> str:
    """Return the user's number, if this service has written it."""
    return metadata.get("user", "") if is_ours(metadata, "user") else ""


def _method_removed(method: Members, made_at: datetime) -> Fact:
    return Fact(Kind.METHOD_REMOVED, made_at, method=MethodDetails(method.get("customer") or "", method["id"]))


def _method_updated(method: Members, made_at: datetime) -> Fact | None:
    """Return a card that its bank replaced: another number or date under the same token."""
    card = method.get("card")
    if not card or not method.get("customer"):
        return None
    expires = end_of_month(card["exp_year"], card["exp_month"])
    details = MethodDetails(method["customer"], method["id"], card.get("brand", ""), card.get("last4", ""), expires)
    return Fact(Kind.METHOD_SAVED, made_at, method=details)


def _money(transaction_id: str, counted: int, currency: str) -> dict[str, Any]:
    code = currency.upper()
    return {"transaction_id": transaction_id, "amount": from_minor_units(counted, code), "currency": code}


def _number(text: str | None) -> int | None:
    """Return the order's number, or None: others may put what they like into the metadata of their intents."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


DISPUTE_KINDS = {
    "lost": Kind.DISPUTE_LOST,
    "won": Kind.DISPUTE_WON,
    "warning_closed": Kind.DISPUTE_WON,
    "prevented": Kind.DISPUTE_WON,
}
"""By status, https://docs.stripe.com/api/disputes/object#dispute_object-status; any other is still open."""

REFUND_KINDS = {"succeeded": Kind.REFUNDED, "failed": Kind.REFUND_FAILED, "canceled": Kind.REFUND_FAILED}
"""By status, https://docs.stripe.com/api/refunds/object#refund_object-status; any other is still open."""

READERS: Mapping[str, Callable[[Members, datetime], Fact | None]] = {
    "payment_intent.succeeded": _intent(Kind.SUCCEEDED),
    "payment_intent.processing": _intent(Kind.PENDING),
    "payment_intent.requires_action": _intent(Kind.REQUIRES_ACTION),
    "payment_intent.payment_failed": _intent(Kind.FAILED),
    "payment_intent.canceled": _intent(Kind.CLOSED),
    "checkout.session.expired": _session_expired,
    "refund.created": refund,
    "refund.updated": refund,
    "refund.failed": refund,
    "charge.refund.updated": refund,
    "charge.dispute.created": dispute,
    "charge.dispute.updated": dispute,
    "charge.dispute.closed": dispute,
    "setup_intent.succeeded": _method_saved,
    "payment_method.detached": _method_removed,
    "payment_method.updated": _method_updated,
    "payment_method.automatically_updated": _method_updated,
}
"""By type of event. The webhook's endpoint is to send these; others are stored and ignored."""
