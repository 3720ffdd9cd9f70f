"""Webhooks: signed so that the SDK verifies them, repeated, permuted, delayed and lost on demand."""

from collections import Counter
from collections.abc import Callable

import pytest
import stripe

from infra.local_provider.provider import WEBHOOK_SECRET
from tests.infra.local_provider.conftest import Control, Received, Shop, page_of, visit
from tests.support.patience import wait_until

Send = Callable[..., None]


@pytest.fixture
def send_to(receiver: Received, control: Control) -> Send:
    """Return a function that sends events to the receiver, in the way that its arguments say."""

    def send(**how: object) -> None:
        control("webhooks", url=receiver.url, **how)

    return send


def test_events_arrive_signed_and_in_order(shop: Shop, receiver: Received, send_to: Send) -> None:
    send_to()
    intent = shop.paid()
    wait_until(lambda: "payment_intent.succeeded" in receiver.types)
    assert receiver.types == [
        "customer.created",
        "payment_method.attached",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    for body, signature in zip(receiver.bodies, receiver.signatures, strict=True):
        event = stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRET)
        assert not event.livemode
    assert receiver.events[-1]["data"]["object"]["id"] == intent.id
    assert receiver.events[-1]["request"]["id"].startswith("req_")


def test_two_secrets_sign_while_one_replaces_the_other(shop: Shop, receiver: Received, send_to: Send) -> None:
    send_to(secrets=["whsec_old", "whsec_new"])
    shop.paid()
    wait_until(lambda: receiver.bodies)
    for secret in ("whsec_old", "whsec_new"):
        assert stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], secret)


def test_only_wanted_types_arrive(shop: Shop, receiver: Received, send_to: Send) -> None:
    send_to(types=["payment_intent.succeeded"])
    shop.paid("7")
    shop.paid("8")
    wait_until(lambda: len(receiver.bodies) == 2)
    assert set(receiver.types) == {"payment_intent.succeeded"}


def test_refused_delivery_is_repeated_later(shop: Shop, receiver: Received, send_to: Send, control: Control) -> None:
    receiver.status = 500
    send_to(types=["payment_intent.succeeded"])
    shop.paid()
    wait_until(lambda: control("webhooks").get("refused") == 1)
    receiver.status = 200
    control("clock", advance=6)
    wait_until(lambda: control("webhooks").get("delivered") == 1)
    assert len({event["id"] for event in receiver.events}) == 1
    assert len(receiver.events) == 2


def test_events_come_several_times(shop: Shop, receiver: Received, send_to: Send, control: Control) -> None:
    send_to(types=["payment_intent.succeeded"], copies=[3, 3])
    shop.paid()
    wait_until(lambda: control("webhooks").get("delivered") == 3)
    assert set(Counter(event["id"] for event in receiver.events).values()) == {3}


def test_events_are_never_sent(shop: Shop, receiver: Received, send_to: Send, control: Control) -> None:
    send_to(copies=[0, 0])
    shop.paid()
    assert control("webhooks") == {"waiting": 0}


def test_held_events_come_in_another_order(shop: Shop, receiver: Received, send_to: Send, control: Control) -> None:
    send_to(held=True, shuffled=True, seed=5, types=["payment_intent.succeeded"])
    intents = [shop.paid(str(order)).id for order in range(6)]
    assert control("webhooks") == {"waiting": 6}
    control("webhooks", held=False)
    wait_until(lambda: len(receiver.bodies) == 6)
    arrived = [event["data"]["object"]["id"] for event in receiver.events]
    assert sorted(arrived) == sorted(intents)
    assert arrived != intents


def test_delayed_events_wait_for_the_providers_clock(
    shop: Shop, receiver: Received, send_to: Send, control: Control
) -> None:
    send_to(types=["payment_intent.succeeded"], delay=[3 * 86_400, 3 * 86_400])
    shop.paid()
    assert control("webhooks") == {"waiting": 1}
    control("clock", advance=3 * 86_400)
    wait_until(lambda: len(receiver.bodies) == 1)


def test_lost_answer_loses_the_first_delivery_as_well(
    shop: Shop, receiver: Received, send_to: Send, control: Control
) -> None:
    send_to(types=["payment_intent.succeeded"])
    visit(page_of(shop.checkout()), action="lose")
    wait_until(lambda: control("webhooks").get("lost") == 1)
    assert receiver.bodies == []
    control("clock", advance=6)
    wait_until(lambda: receiver.types == ["payment_intent.succeeded"])
