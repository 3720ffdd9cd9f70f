"""SetupIntents, as far as Checkout in the mode `setup` needs them: https://docs.stripe.com/api/setup_intents"""

from typing import Any

from infra.local_provider.ledger.identifiers import new_identifier, random_letters
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.resources import payment_methods

EMPTY = (
    "application", "cancellation_reason", "customer", "description", "excluded_payment_method_types", "flow_directions",
    "last_setup_error", "latest_attempt", "mandate", "next_action", "on_behalf_of", "payment_method",
    "payment_method_configuration_details", "single_use_mandate",
)  # fmt: skip


def new(books: Transaction, customer: str | None, metadata: dict[str, str]) -> Body:
    """Return a new SetupIntent."""
    identifier = new_identifier("setup_intent")
    body = {
        "id": identifier,
        "automatic_payment_methods": None,
        "client_secret": f"{identifier}_secret_{random_letters(27)}",
        "customer": customer,
        "livemode": False,
        "metadata": metadata,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    setup = books.insert("setup_intent", dict.fromkeys(EMPTY) | body)
    books.tell("setup_intent.created", setup)
    return setup


def retrieve(books: Transaction, parameters: dict[str, Any], setup_intent: str) -> Body:
    """Return a SetupIntent."""
    return books.get("setup_intent", setup_intent)


def succeed(books: Transaction, setup: Body, method: Body, customer: str) -> None:
    """Record that the customer has saved the method."""
    payment_methods.give_to_customer(books, method, customer)
    setup |= {"status": "succeeded", "payment_method": method["id"], "customer": customer, "last_setup_error": None}
    books.save(setup)
    books.tell("setup_intent.succeeded", setup)


def fail(books: Transaction, setup: Body, message: str, code: str) -> None:
    """Record that the method cannot be saved."""
    setup["last_setup_error"] = {"code": code, "message": message, "type": "card_error"}
    books.save(setup)
    books.tell("setup_intent.setup_failed", setup)
