"""Answers have every member that Stripe publishes for these resources."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.infra.local_provider.conftest import Control, Shop, page_of, visit

FIXTURES = json.loads((Path(__file__).parent / "stripe_fixtures.json").read_text())["resources"]
ORIGIN = "https://shop.example/"
OPEN_ENDED = {"metadata", "destination_details.card", "data.object"}
"""Members whose own members depend on what is in them."""


def missing(published: Mapping[str, Any], answered: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the published members that the answer lacks. An object that Stripe may leave out is null in it."""
    for name, value in published.items():
        here = f"{path}.{name}".lstrip(".")
        if name not in answered:
            yield here
        elif isinstance(value, dict) and here not in OPEN_ENDED and isinstance(answered[name], dict):
            yield from missing(value, answered[name], here)


def answers(api: stripe.V1Services, shop: Shop, control: Control) -> dict[str, Any]:
    """Return an answer for each resource."""
    session = shop.checkout(customer_email="ada@example.com")
    visit(page_of(session), action="pay")
    intent = shop.paid()
    assert isinstance(intent.latest_charge, str)
    refund = api.refunds.create({"payment_intent": intent.id, "amount": 100})
    control("disputes", payment_intent=intent.id)
    customer = api.customers.create()
    assert isinstance(intent.payment_method, str)
    return {
        "account": api.accounts.retrieve_current(),
        "charge": api.charges.retrieve(intent.latest_charge),
        "checkout.session": api.checkout.sessions.retrieve(session.id),
        "customer": customer,
        "deleted_customer": api.customers.delete(customer.id),
        "dispute": api.disputes.list().data[0],
        "event": api.events.list().data[0],
        "payment_intent": api.payment_intents.retrieve(intent.id),
        "payment_method": api.payment_methods.retrieve(intent.payment_method),
        "refund": api.refunds.retrieve(refund.id),
        "setup_intent": set_up(api, ""),
    }


def test_answers_have_every_published_member(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    found = answers(api, shop, control)
    assert set(found) == set(FIXTURES)
    lacking = {name: list(missing(FIXTURES[name], answer.to_dict())) for name, answer in found.items()}
    assert lacking == {name: [] for name in FIXTURES}


def test_answers_of_every_state_have_the_same_members(api: stripe.V1Services, shop: Shop) -> None:
    prepared = shop.prepared(shop.saved_method("pm_card_chargeCustomerFail"))
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(prepared.id, {"off_session": True})
    cancelled = api.payment_intents.cancel(prepared.id)
    asks = shop.prepared(shop.saved_method("pm_card_authenticationRequired"))
    asked = api.payment_intents.confirm(asks.id, {"return_url": "https://shop.example/back"})
    debited = shop.prepared(shop.saved_method("pm_success_at"))
    on_its_way = api.payment_intents.confirm(debited.id, {"off_session": True})
    session = shop.checkout()
    expired = api.checkout.sessions.expire(session.id)
    error = declined.value.error
    assert error is not None
    assert (asked.status, on_its_way.status) == ("requires_action", "processing")
    found: dict[str, list[Any]] = {
        "payment_intent": [prepared, error.payment_intent, cancelled, asked, on_its_way],
        "checkout.session": [session, expired],
        "setup_intent": [set_up(api, action) for action in ("", "decline", "authenticate", "pay")],
    }
    for kind, states in found.items():
        for state in states:
            assert list(missing(FIXTURES[kind], state.to_dict())) == []


def set_up(api: stripe.V1Services, action: str) -> stripe.SetupIntent:
    """Return the intent of a page on which a card is saved, after the action on it."""
    wanted: Any = {"mode": "setup", "currency": "eur", "success_url": ORIGIN, "cancel_url": ORIGIN}
    session = api.checkout.sessions.create(wanted)
    if action:
        visit(page_of(session), action=action)
    assert isinstance(session.setup_intent, str)
    return api.setup_intents.retrieve(session.setup_intent)


def test_nothing_of_the_providers_own_is_shown(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    shown = json.dumps([answer.to_dict() for answer in answers(api, shop, control).values()])
    assert '"_' not in shown
