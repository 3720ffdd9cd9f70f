"""Payment methods: https://docs.stripe.com/api/payment_methods"""

from datetime import UTC, datetime
from typing import Any

from infra.local_provider.errors import CardDeclined, Refused, missing
from infra.local_provider.ledger.identifiers import random_letters
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import EXPANDABLE, LISTED, one_of, text
from infra.local_provider.resources.test_methods import TEST_METHODS, TestMethod

ATTACH = EXPANDABLE.extended("customer", customer=text)
LIST = LISTED.extended(customer=text, type=one_of("card", "sepa_debit"))
SPENT = (
    "The provided PaymentMethod was previously used without being attached to a Customer or was detached from a "
    "Customer, and may not be used again."
)
USED_UP = {
    "ideal": (
        "The provided ideal PaymentMethod cannot be used again. It was used in a previous PaymentIntent or SetupIntent "
        "to set up a sepa_debit PaymentMethod, which can be used for multiple payments."
    )
}
"""Refusal of another use, by type."""

NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
NO_CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def retrieve(books: Transaction, parameters: dict[str, Any], payment_method: str) -> Body:
    """Return a payment method."""
    return books.get("payment_method", payment_method)


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of payment methods."""
    wanted = {"customer": parameters.get("customer"), "type": parameters.get("type")}
    return books.page("payment_method", parameters, "/v1/payment_methods", **wanted)


def attach(books: Transaction, parameters: dict[str, Any], payment_method: str) -> Body:
    """Save a payment method with a customer. Raises CardDeclined if its bank declines that."""
    customer = parameters["customer"]
    books.get("customer", customer, "customer")
    method = given(books, payment_method)
    if method["customer"] == customer:
        return method
    if method["customer"] is not None:
        raise Refused("The payment method you provided has already been attached to a customer.")
    reaction = TEST_METHODS[method["_token"]].saved
    if reaction.kind == "decline":
        raise CardDeclined("Your card was declined.", code=reaction.code, decline_code=reaction.decline_code)
    return give_to_customer(books, method, customer)


def detach(books: Transaction, parameters: dict[str, Any], payment_method: str) -> Body:
    """Take a payment method from its customer; it can never be used again."""
    method = books.get("payment_method", payment_method)
    if method["customer"] is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise Refused(message)
    return take_from_customer(books, method)


def give_to_customer(books: Transaction, method: Body, customer: str) -> Body:
    """Record the customer of a payment method. Return it."""
    if method["customer"] != customer:
        method["customer"] = customer
        books.save(method)
        books.tell("payment_method.attached", method)
    return method


def take_from_customer(books: Transaction, method: Body) -> Body:
    """Record that the method has no customer any more. Return it."""
    method |= {"customer": None, "_spent": True}
    books.save(method)
    books.tell("payment_method.detached", method)
    return method


def given(books: Transaction, name: str) -> Body:
    """Return the payment method with this id, or a new one for the name of a test method. Raises Refused."""
    if name in TEST_METHODS:
        return new(books, name)
    method = books.get("payment_method", name, "payment_method")
    if method["_spent"]:
        raise Refused(USED_UP.get(method["type"], SPENT), param="payment_method")
    return method


def usable(books: Transaction, name: str, customer: str | None) -> Body:
    """Return the payment method for a charge of this customer. Raises Refused."""
    method = given(books, name)
    if method["customer"] is not None and method["customer"] != customer:
        raise Refused(
            "The payment method you provided belongs to another customer, or the customer is missing.",
            param="payment_method",
        )
    return method


def new(books: Transaction, token: str) -> Body:
    """Return a new payment method as the test method describes it."""
    test_method = TEST_METHODS.get(token)
    if test_method is None:
        raise missing("payment_method", token, "payment_method")
    body = {
        "allow_redisplay": "unspecified",
        "billing_details": {"address": dict(NO_ADDRESS), "email": None, "name": None, "phone": None, "tax_id": None},
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": test_method.kind,
        test_method.kind: details(test_method, books.now),
        "_token": token,
        "_reaction": None,
        "_spent": False,
    }
    return books.insert("payment_method", body)


def details(method: TestMethod, now: int) -> Body:
    """Return what the method's type says of it."""
    if method.kind == "ideal":
        return {"bank": "ing", "bic": "INGBNL2A"}
    if method.kind == "sepa_debit":
        return {
            "bank_code": "19043",
            "branch_code": "",
            "country": "AT",
            "fingerprint": random_letters(16),
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": method.last4,
        }
    return {
        "brand": method.brand,
        "checks": dict(NO_CHECKS),
        "country": "US",
        "display_brand": method.brand,
        "exp_month": 12,
        "exp_year": datetime.fromtimestamp(now, UTC).year + 3,
        "fingerprint": random_letters(16),
        "funding": "credit",
        "generated_from": None,
        "last4": method.last4,
        "networks": {"available": [method.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
