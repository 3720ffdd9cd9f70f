"""Charges to a saved method: a PaymentIntent is created, stored by the caller, and confirmed afterwards."""

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

from stripe import InvalidRequestError, Refund

from payments.providers.interface import Outcome
from payments.providers.stripe.amounts import to_minor_units
from payments.providers.stripe.client import v1
from payments.providers.stripe.metadata import SIGNATURE, named
from payments.providers.stripe.outcomes import ALREADY_REFUNDED, RETURNING, of_intent, of_refund

if TYPE_CHECKING:  # the models would load before Django is ready
    from payments.models import Order, Payment, PaymentMethod

PREFIX = "pi_"
EXPANDED = ["latest_charge", "payment_method"]


def prepare(order: "Order", method: "PaymentMethod", number: int) -> str:
    """Return the id of an unconfirmed intent for the order. Raises StripeError."""
    metadata = named("order", order.pk)
    intent = v1().payment_intents.create(
        {
            "amount": to_minor_units(order.amount, order.currency),
            "currency": order.currency.lower(),
            "customer": method.customer,
            "payment_method": method.token,
            # Off session nobody is there to be redirected.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": metadata,
        },
        # Stripe refuses a key under which other parameters were sent, such as another signature.
        {"idempotency_key": f"order-{order.pk}-prepare-{number}-{_short(method.token + metadata[SIGNATURE])}"},
    )
    return intent.id


def charge(reference: str, method: "PaymentMethod", number: int) -> Outcome:
    """Confirm the intent, which succeeds at most once. Raises StripeError."""
    # A decline is replayed under its key: each try has a key of its own.
    confirmed = v1().payment_intents.confirm(
        reference,
        {"payment_method": method.token, "off_session": True, "expand": EXPANDED},
        {"idempotency_key": f"{reference}-charge-{number}-{_short(method.token)}"},
    )
    return of_intent(confirmed)


def ask(reference: str) -> Outcome:
    """Return the outcome of an intent. Raises StripeError."""
    return of_intent(v1().payment_intents.retrieve(reference, {"expand": EXPANDED}))


def cancel(reference: str) -> Outcome:
    """Cancel the intent. Return CLOSED, or what happened before. Raises StripeError."""
    return of_intent(v1().payment_intents.cancel(reference, {"expand": EXPANDED}))


def refund(payment: "Payment", amount: Decimal, key: str) -> Outcome:
    """Give back part or all of a payment, once for each key. Raises StripeError.

    Stripe forgets keys after a day, so that an earlier refund is looked for first: it has the key in its metadata. If
    nothing is left because of refunds that its dashboard made, the outcome is that of one of them.
    """
    if earlier := _made_under(key, _refunds(payment)):
        return of_refund(earlier)
    try:
        return of_refund(_refund(payment, amount, key))
    except InvalidRequestError as error:
        if error.code != ALREADY_REFUNDED or not (found := _instead(payment, amount, key)):
            raise
    return of_refund(found)


def _refund(payment: "Payment", amount: Decimal, key: str) -> Refund:
    return v1().refunds.create(
        {
            "payment_intent": payment.transaction_id,
            "amount": to_minor_units(amount, payment.currency),
            "metadata": {"order": str(payment.order_id or ""), "refund": key},
        },
        {"idempotency_key": key},
    )


def _refunds(payment: "Payment") -> list[Refund]:
    """Return the refunds of the payment, the newest first."""
    return list(v1().refunds.list({"payment_intent": payment.transaction_id, "limit": 100}).auto_paging_iter())


def _instead(payment: "Payment", amount: Decimal, key: str) -> Refund | None:
    """Return the refund under our key, or one that another made in place of it: of this amount, or the newest."""
    listed = _refunds(payment)
    others = [each for each in listed if each.status in RETURNING and not _key(each)]
    wanted = to_minor_units(amount, payment.currency)
    same = (each for each in others if each.amount == wanted)
    return _made_under(key, listed) or next(same, None) or next(iter(others), None)


def _made_under(key: str, refunds: list[Refund]) -> Refund | None:
    return next((each for each in refunds if _key(each) == key), None)


def _key(refund: Refund) -> str:
    """Return our key of a refund; "" if we did not make it."""
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    return str(metadata.get("refund", ""))


def _short(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]
