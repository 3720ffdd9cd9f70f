"""Checkout sessions: https://docs.stripe.com/api/checkout/sessions"""

from typing import Any

from infra.local_provider.currencies import check_amount
from infra.local_provider.errors import Refused
from infra.local_provider.ledger.identifiers import new_identifier, random_letters
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
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
from infra.local_provider.resources import payment_intents, setup_intents

SWITCH = Shape("enabled", enabled=boolean)
PRODUCT = Shape("name", name=text, description=text, metadata=metadata)
PRICE = Shape("currency", "unit_amount", currency=text, unit_amount=integer, product_data=PRODUCT)
CREATE = EXPANDABLE.extended(
    "mode",
    mode=one_of("payment", "setup"),
    line_items=many(Shape("price_data", "quantity", price_data=PRICE, quantity=integer)),
    success_url=address,
    cancel_url=address,
    client_reference_id=text,
    currency=text,
    customer=text,
    customer_email=text,
    customer_creation=one_of("always", "if_required"),
    expires_at=integer,
    locale=text,
    metadata=metadata,
    submit_type=one_of("auto", "pay", "book", "donate"),
    allowed_payment_method_types=many(text),
    excluded_payment_method_types=many(text),
    allow_promotion_codes=boolean,
    automatic_tax=SWITCH,
    adaptive_pricing=SWITCH,
    billing_address_collection=one_of("auto", "required"),
    payment_intent_data=Shape(
        metadata=metadata,
        description=text,
        receipt_email=text,
        statement_descriptor_suffix=text,
        setup_future_usage=one_of("on_session", "off_session"),
    ),
    setup_intent_data=Shape(metadata=metadata, description=text),
)
LIST = LISTED.extended(
    customer=text, payment_intent=text, created=instants, status=one_of("open", "complete", "expired")
)

EMPTY = (
    "after_expiration", "amount_subtotal", "amount_total", "billing_address_collection", "cancel_url",
    "client_reference_id", "client_secret", "collected_information", "consent", "consent_collection", "currency",
    "currency_conversion", "customer", "customer_account", "customer_creation", "customer_details", "customer_email",
    "discounts", "excluded_payment_method_types", "integration_identifier", "invoice", "invoice_creation", "locale",
    "origin_context", "payment_intent", "payment_link", "payment_method_collection",
    "payment_method_configuration_details", "permissions", "recovered_from", "saved_payment_method_options",
    "setup_intent", "shipping_address_collection", "shipping_cost", "submit_type", "subscription", "success_url",
    "total_details", "wallet_options",
)  # fmt: skip

DAY = 86_400
SHORTEST = 1_800
"""Seconds after which a session expires, at the most (and by default) and at least."""

GIVEN = (
    "billing_address_collection", "cancel_url", "client_reference_id", "customer", "customer_email",
    "excluded_payment_method_types", "locale", "metadata", "submit_type", "success_url",
)  # fmt: skip


def create(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Create a session with a page of its own."""
    _check(books, parameters)
    identifier = new_identifier("checkout.session")
    expires_at = parameters.get("expires_at", books.now + DAY)
    paying = parameters["mode"] == "payment"
    fixed = {
        "id": identifier,
        "adaptive_pricing": {"enabled": parameters.get("adaptive_pricing", {}).get("enabled", True)},
        "allow_promotion_codes": parameters.get("allow_promotion_codes"),
        "automatic_tax": {
            "enabled": parameters.get("automatic_tax", {}).get("enabled", False),
            "liability": None,
            "provider": None,
            "status": None,
        },
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"),
        ),
        "expires_at": expires_at,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "mode": parameters["mode"],
        "payment_method_options": {},
        "payment_method_types": _types(parameters),
        "payment_status": "unpaid" if paying else "no_payment_required",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
        "url": f"{books.origin}/c/pay/{identifier}#{random_letters(60)}",
        "_intent_data": parameters.get("payment_intent_data", {}),
        "_methods": [],
    }
    given = {name: parameters[name] for name in GIVEN if name in parameters}
    body = dict.fromkeys(EMPTY) | fixed | (_payment(parameters) if paying else {}) | given
    if not paying:
        data = parameters.get("setup_intent_data", {}).get("metadata", {})
        body["setup_intent"] = setup_intents.new(books, parameters.get("customer"), data)["id"]
    books.schedule(identifier, expires_at)
    return books.insert("checkout.session", body)


def retrieve(books: Transaction, parameters: dict[str, Any], session: str) -> Body:
    """Return a session."""
    return books.get("checkout.session", session)


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of sessions."""
    wanted = {name: parameters.get(name) for name in ("customer", "payment_intent", "status")}
    return books.page("checkout.session", parameters, "/v1/checkout/sessions", **wanted)


def expire(books: Transaction, parameters: dict[str, Any], session: str) -> Body:
    """Close an open session: nobody can pay by it any more."""
    found = books.get("checkout.session", session)
    if found["status"] != "open":
        raise Refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Session has a status of `{found['status']}`."
        )
    return close(books, found)


def close(books: Transaction, session: Body) -> Body:
    """Record that the session has expired, and cancel its unfinished intent. Return it."""
    session |= {"status": "expired", "url": None}
    books.save(session)
    if session["payment_intent"]:
        intent = books.get("payment_intent", session["payment_intent"])
        if intent["status"] in payment_intents.UNFINISHED:
            payment_intents.close(books, intent, None)
    books.tell("checkout.session.expired", session)
    return session


def _check(books: Transaction, parameters: dict[str, Any]) -> None:
    if "success_url" not in parameters:
        raise Refused("Missing required param: success_url.", code="parameter_missing", param="success_url")
    if customer := parameters.get("customer"):
        books.get("customer", customer, "customer")
        for other in ("customer_email", "customer_creation"):
            if other in parameters:
                raise Refused(f"You may only specify one of these parameters: customer, {other}.", param=other)
    if parameters["mode"] == "setup":
        _refuse(parameters, "line_items", "payment_intent_data", "submit_type")
        if not (parameters.get("currency") or parameters.get("allowed_payment_method_types")):
            raise Refused("Missing required param: currency.", code="parameter_missing", param="currency")
    else:
        _refuse(parameters, "setup_intent_data")
    if "expires_at" in parameters and not SHORTEST <= parameters["expires_at"] - books.now <= DAY:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise Refused(message, param="expires_at")


def _refuse(parameters: dict[str, Any], *names: str) -> None:
    for name in names:
        if name in parameters:
            raise Refused(f"You can not pass `{name}` in `{parameters['mode']}` mode.", param=name)


def _types(parameters: dict[str, Any]) -> list[str]:
    """Return the types of payment methods that the page takes."""
    offered = ["card", "sepa_debit", "ideal"] if parameters["mode"] == "payment" else ["card", "sepa_debit"]
    excluded = parameters.get("excluded_payment_method_types", [])
    return [kind for kind in parameters.get("allowed_payment_method_types", offered) if kind not in excluded]


def _payment(parameters: dict[str, Any]) -> Body:
    items = parameters.get("line_items", [])
    if not items:
        raise Refused("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currencies = {item["price_data"]["currency"].lower() for item in items}
    if len(currencies) > 1:
        raise Refused("All line items must have the same currency.", param="line_items")
    total = sum(item["quantity"] * item["price_data"]["unit_amount"] for item in items)
    (currency,) = currencies
    check_amount(total, currency, "line_items[0][price_data][unit_amount]")
    return {
        "amount_subtotal": total,
        "amount_total": total,
        "currency": currency,
        "customer_creation": None if "customer" in parameters else parameters.get("customer_creation", "if_required"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "_items": [item["price_data"].get("product_data", {}).get("name", "") for item in items],
    }
