"""Charges: one try to take an intent's money. https://docs.stripe.com/api/charges"""

from typing import Any

from infra.local_provider.ledger.identifiers import new_identifier
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import LISTED, instants, text
from infra.local_provider.resources.test_methods import Reaction

LIST = LISTED.extended(customer=text, payment_intent=text, created=instants)

EMPTY = (
    "application", "application_fee", "application_fee_amount", "balance_transaction",
    "calculated_statement_descriptor", "description", "failure_balance_transaction", "failure_code",
    "failure_message", "on_behalf_of", "receipt_email", "receipt_number", "receipt_url", "review", "shipping",
    "source", "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
    "transfer_group",
)  # fmt: skip

CARD_EMPTY = (
    "amount_authorized", "authorization_code", "installments", "mandate", "network_transaction_id", "three_d_secure",
    "transaction_link_id", "wallet",
)  # fmt: skip

IDEAL_EMPTY = (
    "generated_sepa_debit", "generated_sepa_debit_mandate", "iban_last4", "transaction_id", "verified_name",
)  # fmt: skip


def retrieve(books: Transaction, parameters: dict[str, Any], charge: str) -> Body:
    """Return a charge."""
    return books.get("charge", charge)


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of charges."""
    wanted = {"customer": parameters.get("customer"), "payment_intent": parameters.get("payment_intent")}
    return books.page("charge", parameters, "/v1/charges", **wanted)


def begin(books: Transaction, intent: Body, method: Body) -> Body:
    """Return a new charge that has not moved money yet."""
    charge = new_identifier("charge")
    body = {
        "id": charge,
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "captured": True,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(method),
        "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False, "url": f"/v1/charges/{charge}/refunds"},
        "status": "pending",
    }
    return books.insert("charge", dict.fromkeys(EMPTY) | body)


def succeed(books: Transaction, charge: Body) -> None:
    """Record that the charge took the money."""
    charge |= {
        "amount_captured": charge["amount"],
        "balance_transaction": new_identifier("balance_transaction"),
        "outcome": _outcome("approved_by_network", "", "Payment complete.", "authorized"),
        "paid": True,
        "receipt_url": f"{books.origin}/receipts/{charge['id']}",
        "status": "succeeded",
    }
    books.save(charge)
    books.tell("charge.succeeded", charge)


def wait(books: Transaction, charge: Body) -> None:
    """Record that the money is on its way."""
    charge["outcome"] = _outcome("approved_by_network", "", "Payment pending.", "authorized")
    books.save(charge)
    books.tell("charge.pending", charge)


def fail(books: Transaction, charge: Body, reaction: Reaction, message: str) -> None:
    """Record that the charge was declined."""
    reason = reaction.decline_code or reaction.code
    charge |= {
        "failure_code": reaction.code,
        "failure_message": message,
        "outcome": _outcome("declined_by_network", reason, message, "issuer_declined"),
        "status": "failed",
    }
    books.save(charge)
    books.tell("charge.failed", charge)


def _outcome(status: str, reason: str, message: str, kind: str) -> Body:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": status,
        "reason": reason or None,
        "seller_message": message,
        "type": kind,
    }


def _method_details(method: Body) -> Body:
    kind = method["type"]
    details = {name: value for name, value in method[kind].items() if name not in ("display_brand", "generated_from")}
    if kind == "card":
        details |= dict.fromkeys(CARD_EMPTY) | {
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "multicapture": {"status": "unavailable"},
            "network": details["brand"],
            "network_token": {"used": False},
            "overcapture": {"maximum_amount_capturable": 0, "status": "unavailable"},
        }
    if kind == "ideal":
        details |= dict.fromkeys(IDEAL_EMPTY)
    return {kind: details, "type": kind}
