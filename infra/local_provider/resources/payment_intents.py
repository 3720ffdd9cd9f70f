"""PaymentIntents: https://docs.stripe.com/api/payment_intents"""

from typing import Any

from infra.local_provider.currencies import check_amount
from infra.local_provider.errors import IntentCancelled, Refused
from infra.local_provider.ledger.identifiers import new_identifier, random_letters
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body, shown
from infra.local_provider.protocol.parameters import (
    EXPANDABLE,
    LISTED,
    Shape,
    address,
    boolean,
    instants,
    integer,
    many,
    metadata,
    one_of,
    text,
)
from infra.local_provider.resources import payment_methods
from infra.local_provider.resources.collection import collect

USAGE = one_of("on_session", "off_session")
CREATE = EXPANDABLE.extended(
    "amount",
    "currency",
    amount=integer,
    currency=text,
    customer=text,
    payment_method=text,
    allowed_payment_method_types=many(text),
    automatic_payment_methods=Shape("enabled", enabled=boolean, allow_redirects=one_of("always", "never")),
    capture_method=one_of("automatic", "automatic_async"),
    confirm=boolean,
    off_session=boolean,
    return_url=address,
    setup_future_usage=USAGE,
    description=text,
    receipt_email=text,
    statement_descriptor_suffix=text,
    metadata=metadata,
)
CONFIRM = EXPANDABLE.extended(
    payment_method=text,
    off_session=boolean,
    error_on_requires_action=boolean,
    return_url=address,
    setup_future_usage=USAGE,
    receipt_email=text,
)
CANCEL = EXPANDABLE.extended(
    cancellation_reason=one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned")
)
LIST = LISTED.extended(customer=text, created=instants)

EMPTY = (
    "application", "application_fee_amount", "canceled_at", "cancellation_reason", "customer", "customer_account",
    "description", "excluded_payment_method_types", "last_payment_error", "latest_charge", "next_action",
    "on_behalf_of", "payment_method", "payment_method_configuration_details", "processing", "receipt_email", "review",
    "setup_future_usage", "shipping", "source", "statement_descriptor", "statement_descriptor_suffix",
    "transfer_data", "transfer_group",
)  # fmt: skip

UNFINISHED = ("requires_payment_method", "requires_confirmation", "requires_action")
CONFIRMATIONS = 100
"""Confirmations after which an intent is cancelled. Stripe publishes no number."""

PAST = {"confirm": "confirmed", "cancel": "canceled"}
GIVEN = ("description", "receipt_email", "statement_descriptor_suffix", "metadata", "setup_future_usage", "customer")


def create(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Create an intent, and confirm it if that is asked for."""
    if parameters.get("off_session") and not parameters.get("confirm"):
        raise Refused("off_session can only be set when confirm is true.", param="off_session")
    intent = new(books, parameters)
    if parameters.get("confirm"):
        confirmation: Body = {name: parameters[name] for name in ("off_session", "return_url") if name in parameters}
        return confirm(books, confirmation, intent["id"])
    return intent


def new(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a new intent that is not confirmed."""
    currency = parameters["currency"].lower()
    check_amount(parameters["amount"], currency)
    if customer := parameters.get("customer"):
        books.get("customer", customer, "customer")
    method = parameters.get("payment_method")
    chosen = payment_methods.usable(books, method, customer)["id"] if method else None
    identifier = new_identifier("payment_intent")
    fixed = {
        "id": identifier,
        "amount": parameters["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": parameters.get("automatic_payment_methods", {"enabled": True}),
        "capture_method": parameters.get("capture_method", "automatic_async"),
        "client_secret": f"{identifier}_secret_{random_letters(25)}",
        "confirmation_method": "automatic",
        "currency": currency,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "payment_method": chosen,
        "payment_method_options": {},
        "payment_method_types": parameters.get("allowed_payment_method_types", ["card", "sepa_debit"]),
        "status": "requires_confirmation" if chosen else "requires_payment_method",
        "_confirmations": 0,
        "_session": parameters.get("_session"),
    }
    given = {name: parameters[name] for name in GIVEN if name in parameters}
    intent = books.insert("payment_intent", dict.fromkeys(EMPTY) | fixed | given)
    books.tell("payment_intent.created", intent)
    return intent


def retrieve(books: Transaction, parameters: dict[str, Any], intent: str) -> Body:
    """Return an intent."""
    return books.get("payment_intent", intent)


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of intents."""
    return books.page("payment_intent", parameters, "/v1/payment_intents", customer=parameters.get("customer"))


def confirm(books: Transaction, parameters: dict[str, Any], intent: str) -> Body:
    """Take an intent's money. An intent succeeds at most once. Raises CardDeclined."""
    found = books.get("payment_intent", intent)
    if found["status"] not in UNFINISHED:
        raise unexpected_state(found, "confirm")
    if found["_session"]:
        raise Refused("You cannot confirm this PaymentIntent because it was created by a Checkout Session.")
    _count(books, found)
    name = parameters.get("payment_method", found["payment_method"])
    if not name:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method."
        )
        raise _refused(found, message)
    found |= {key: parameters[key] for key in ("setup_future_usage", "receipt_email") if key in parameters}
    method = payment_methods.usable(books, name, found["customer"])
    _check_type(found, method)
    off_session = parameters.get("off_session", False) or parameters.get("error_on_requires_action", False)
    collect(books, found, method, off_session=off_session, return_url=parameters.get("return_url", ""))
    return found


def cancel(books: Transaction, parameters: dict[str, Any], intent: str) -> Body:
    """Cancel an intent that has not taken its money."""
    found = books.get("payment_intent", intent)
    if found["_session"] and books.get("checkout.session", found["_session"])["status"] == "open":
        message = "You cannot cancel this PaymentIntent because it was created by a Checkout Session. Expire that."
        raise _refused(found, message)
    if found["status"] not in UNFINISHED:
        raise unexpected_state(found, "cancel")
    return close(books, found, parameters.get("cancellation_reason"))


def close(books: Transaction, intent: Body, reason: str | None) -> Body:
    """Record that the intent is cancelled, and return it."""
    intent |= {"status": "canceled", "canceled_at": books.now, "cancellation_reason": reason, "next_action": None}
    books.save(intent)
    books.tell("payment_intent.canceled", intent)
    return intent


def unexpected_state(intent: Body, verb: str) -> Refused:
    """Return the answer to what the intent's state does not allow."""
    if intent["status"] == "succeeded" and verb == "confirm":
        message = (
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
        )
        return _refused(intent, message)
    allowed = "requires_payment_method, requires_confirmation, requires_action"
    message = (
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be {PAST[verb]}: {allowed}."
    )
    return _refused(intent, message)


def _count(books: Transaction, intent: Body) -> None:
    if intent["_confirmations"] >= intent.get("_limit", CONFIRMATIONS):
        close(books, intent, "automatic")
        refusal = unexpected_state(intent, "confirm")
        raise IntentCancelled(
            str(refusal), code="payment_intent_unexpected_state", payment_intent=refusal.error["payment_intent"]
        )
    intent["_confirmations"] += 1


def _check_type(intent: Body, method: Body) -> None:
    if method["type"] not in intent["payment_method_types"]:
        raise Refused(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.",
            param="payment_method",
        )
    if method["type"] == "sepa_debit" and intent["currency"] != "eur":
        raise Refused("The currency provided is invalid for sepa_debit, which takes eur.", param="currency")


def _refused(intent: Body, message: str) -> Refused:
    return Refused(message, code="payment_intent_unexpected_state", payment_intent=shown(intent))
