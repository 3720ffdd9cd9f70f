"""Customers: https://docs.stripe.com/api/customers"""

from typing import Any

from infra.local_provider.errors import missing
from infra.local_provider.ledger.identifiers import random_letters
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import EXPANDABLE, Shape, metadata, text
from infra.local_provider.resources import payment_methods

ADDRESS = Shape(city=text, country=text, line1=text, line2=text, postal_code=text, state=text)
CREATE = EXPANDABLE.extended(email=text, name=text, description=text, phone=text, address=ADDRESS, metadata=metadata)

EMPTY = (
    "address", "currency", "default_source", "description", "discount", "email", "name", "phone", "shipping",
    "test_clock",
)  # fmt: skip


def create(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Create a customer."""
    fixed = {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": random_letters(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    given = {name: value for name, value in parameters.items() if name != "expand"}
    customer = books.insert("customer", dict.fromkeys(EMPTY) | fixed | given)
    books.tell("customer.created", customer)
    return customer


def retrieve(books: Transaction, parameters: dict[str, Any], customer: str) -> Body:
    """Return a customer, or what remains of a deleted one."""
    found = books.find(customer)
    if found is None or found["object"] != "customer":
        raise missing("customer", customer)
    return found


def delete(books: Transaction, parameters: dict[str, Any], customer: str) -> Body:
    """Delete a customer, and detach its payment methods."""
    found = books.get("customer", customer)
    for method in books.select("payment_method", customer=customer):
        payment_methods.take_from_customer(books, method)
    books.tell("customer.deleted", found)
    return books.save({"id": customer, "object": "customer", "deleted": True})
