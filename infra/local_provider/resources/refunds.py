"""Refunds: https://docs.stripe.com/api/refunds"""

from typing import Any

from infra.local_provider.currencies import check_step
from infra.local_provider.errors import Refused
from infra.local_provider.ledger.identifiers import new_identifier
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import EXPANDABLE, LISTED, instants, integer, metadata, one_of, text
from infra.local_provider.resources.test_methods import TEST_METHODS

CREATE = EXPANDABLE.extended(
    amount=integer,
    charge=text,
    payment_intent=text,
    reason=one_of("duplicate", "fraudulent", "requested_by_customer"),
    metadata=metadata,
)
LIST = LISTED.extended(charge=text, payment_intent=text, created=instants)

EMPTY = (
    "customer", "customer_account", "payment_method", "reason", "receipt_number", "source_transfer_reversal",
    "transfer_reversal",
)  # fmt: skip

FAILS_AFTER = 60
"""Seconds until a refund that looked successful fails, or a pending one succeeds."""


def create(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Give back a charge's money, all that is left by default."""
    charge = _charge(books, parameters)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = parameters.get("amount", left)
    _check(charge, amount, left)
    method = TEST_METHODS[books.get("payment_method", charge["payment_method"])["_token"]]
    body = {
        "amount": amount,
        "balance_transaction": new_identifier("balance_transaction"),
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": parameters.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "status": "pending" if method.refunds == "pending" else "succeeded",
    }
    given = {"reason": parameters.get("reason")}
    refund = books.insert("refund", dict.fromkeys(EMPTY) | body | given)
    _count(books, charge, amount)
    intent = books.get("payment_intent", charge["payment_intent"])
    books.move_money("refund", refund["id"], intent, -amount)
    if method.refunds != "succeeded":
        books.schedule(refund["id"], books.now + FAILS_AFTER)
    books.tell("refund.created", refund)
    books.tell("charge.refunded", charge)
    return refund


def retrieve(books: Transaction, parameters: dict[str, Any], refund: str) -> Body:
    """Return a refund."""
    return books.get("refund", refund)


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of refunds."""
    wanted = {"charge": parameters.get("charge"), "payment_intent": parameters.get("payment_intent")}
    return books.page("refund", parameters, "/v1/refunds", **wanted)


def settle(books: Transaction, refund: Body) -> None:
    """Let a pending refund succeed, and one that was to fail come back."""
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        books.save(refund)
        books.tell("refund.updated", refund)
        books.tell("charge.refund.updated", refund)
        return
    refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    books.save(refund)
    charge = books.get("charge", refund["charge"])
    _count(books, charge, -refund["amount"])
    intent = books.get("payment_intent", refund["payment_intent"])
    books.move_money("refund_failed", refund["id"], intent, refund["amount"])
    for kind in ("refund.updated", "refund.failed", "charge.refund.updated"):
        books.tell(kind, refund)


def _charge(books: Transaction, parameters: dict[str, Any]) -> Body:
    if identifier := parameters.get("charge"):
        return books.get("charge", identifier, "charge")
    if not (identifier := parameters.get("payment_intent")):
        raise Refused("One of the following params should be provided for this request: payment_intent or charge.")
    intent = books.get("payment_intent", identifier, "payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({identifier}) does not have a successful charge to refund."
        raise Refused(message, param="payment_intent")
    return books.get("charge", intent["latest_charge"])


def _check(charge: Body, amount: int, left: int) -> None:
    if charge["status"] != "succeeded":
        raise Refused(f"Charge {charge['id']} has not succeeded.", code="charge_not_refundable", param="charge")
    if charge["disputed"]:
        raise Refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise Refused(message, code="charge_already_refunded")
    if not 0 < amount <= left:
        raise Refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            code="" if amount > 0 else "parameter_invalid_integer",
            param="amount",
        )
    check_step(amount, charge["currency"])


def _count(books: Transaction, charge: Body, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    books.save(charge)
