"""Disputes: https://docs.stripe.com/api/disputes. A control request opens and closes them, as a bank does."""

from typing import Any

from infra.local_provider.errors import Refused
from infra.local_provider.ledger.identifiers import new_identifier
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import LISTED, instants, text

LIST = LISTED.extended(charge=text, payment_intent=text, created=instants)

EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip

ANSWERED_WITHIN = 14 * 86_400
"""Seconds that a merchant has to send evidence."""


def retrieve(books: Transaction, parameters: dict[str, Any], dispute: str) -> Body:
    """Return a dispute."""
    return books.get("dispute", dispute)


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of disputes."""
    wanted = {"charge": parameters.get("charge"), "payment_intent": parameters.get("payment_intent")}
    return books.page("dispute", parameters, "/v1/disputes", **wanted)


def open_one(books: Transaction, intent_id: str, reason: str) -> Body:
    """Dispute the intent's charge: its money is withdrawn. Raises Refused if there is none to withdraw."""
    intent = books.get("payment_intent", intent_id)
    if intent["status"] != "succeeded":
        raise Refused(f"{intent_id} has taken no money that could be disputed.")
    charge = books.get("charge", intent["latest_charge"])
    amount = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or not amount:
        raise Refused(f"{charge['id']} is disputed or refunded already.")
    dispute = books.insert("dispute", _body(books, charge, amount, reason))
    charge["disputed"] = True
    books.save(charge)
    books.move_money("dispute", dispute["id"], intent, -amount)
    books.tell("charge.dispute.created", dispute)
    books.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(books: Transaction, identifier: str, status: str) -> Body:
    """Close a dispute as `won`, which brings the money back, or `lost`."""
    dispute = books.get("dispute", identifier)
    if dispute["status"] in ("won", "lost"):
        raise Refused(f"{identifier} is closed already.")
    dispute |= {"status": status, "is_charge_refundable": False}
    dispute["evidence_details"]["past_due"] = False
    books.save(dispute)
    books.tell("charge.dispute.closed", dispute)
    if status == "won":
        intent = books.get("payment_intent", dispute["payment_intent"])
        books.move_money("dispute_won", identifier, intent, dispute["amount"])
        books.tell("charge.dispute.funds_reinstated", dispute)
    return dispute


def _body(books: Transaction, charge: Body, amount: int, reason: str) -> Body:
    brand = charge["payment_method_details"].get("card", {}).get("brand")
    card = {"brand": brand, "case_type": "chargeback", "network": brand, "network_reason_code": "10.4"}
    return {
        "amount": amount,
        "balance_transactions": [
            {
                "id": new_identifier("balance_transaction"),
                "object": "balance_transaction",
                "amount": -amount,
                "currency": charge["currency"],
                "created": books.now,
            }
        ],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": books.now + ANSWERED_WITHIN,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": card, "type": "card"},
        "reason": reason,
        "status": "needs_response",
    }
