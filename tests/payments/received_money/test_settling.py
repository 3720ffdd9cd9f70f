"""Settling: the method by which an order was paid is as old as its entering, whoever tells of it and whenever."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from payments.facts import apply
from payments.methods.saved_methods import remove_method, replace_method
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.interface import MethodDetails
from payments.providers.stripe.adapter import StripeProvider
from payments.providers.stripe.facts import facts_of
from payments.providers.stripe.messages import message_of
from payments.received_money.settling import settle
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import renewal_order
from tests.payments.providers.stripe import answers
from tests.payments.providers.stripe.scripted import Script
from tests.payments.webhooks import signed_events
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ENTERED = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
CONFIRMED = ENTERED + timedelta(minutes=1)
ARRIVED = ENTERED + 8 * DAY
SECONDS = int(ENTERED.timestamp())
AGREED: dict[str, Any] = {"setup_future_usage": "off_session", "customer": "cus_1", "created": SECONDS}


@pytest.fixture
def debited(online: Script) -> Order:
    """Return a renewal that was paid by a debit on the page, with automatic renewal ticked."""
    held = Service.create_subscription(make_user(), make_plan(), now=ENTERED - 27 * DAY)
    order = renewal_order(held, ENTERED - timedelta(hours=1))
    paid = {"state": "pending", "way": "page", "reference": "pi_1", "provider": "stripe"}
    Order.objects.filter(pk=order.pk).update(renews=True, consented_at=ENTERED, **paid)
    order.refresh_from_db()
    return order


def by_answer(order: Order, online: Script) -> None:
    """Ask what became of the debit, after its money has arrived."""
    debit = {"object": "payment_method", "id": "pm_debit", "type": "sepa_debit", "sepa_debit": {"last4": "3000"}}
    charge = {"object": "charge", "id": "py_1", "created": int(CONFIRMED.timestamp())}
    online.answer(answers.intent(payment_method=debit, latest_charge=charge, **AGREED))
    settle(order, StripeProvider().ask("pi_1"), ARRIVED)


def by_message(order: Order, online: Script) -> None:
    """Let the message come that the money has arrived."""
    told = signed_events.intent(order.pk, payment_method="pm_debit", **AGREED)
    event = signed_events.event("payment_intent.succeeded", told, created=int(ARRIVED.timestamp()))
    with transaction.atomic():
        for fact in facts_of(message_of(event)):
            apply("stripe", fact, ARRIVED)


Telling = Callable[[Order, Script], None]
SEQUENCES = pytest.mark.parametrize("told", [(by_answer, by_message), (by_message, by_answer)])


@SEQUENCES
def test_debit_that_arrives_takes_nothing_over_from_a_card_entered_since(
    debited: Order, online: Script, told: Sequence[Telling]
) -> None:
    replace_method(debited.user, "stripe", MethodDetails("cus_1", "pm_card", "visa", "4242"), ENTERED + 3 * DAY)

    for tell in told:
        tell(debited, online)

    assert Renewal.objects.values_list("method__token", "auto_renew").get() == ("pm_card", True)
    assert PaymentMethod.objects.get(token="pm_debit").saved_at == ENTERED


@SEQUENCES
def test_debit_that_arrives_brings_back_nothing_that_was_removed_since(
    debited: Order, online: Script, told: Sequence[Telling]
) -> None:
    card = MethodDetails("cus_1", "pm_card", "visa", "4242")
    replace_method(debited.user, "stripe", card, ENTERED - 27 * DAY)
    remove_method(debited.user, ENTERED + 3 * DAY)

    for tell in told:
        tell(debited, online)

    assert not PaymentMethod.objects.usable().exists()


def test_message_that_was_stored_without_the_instant_of_entering_counts_from_itself(debited: Order) -> None:
    told = signed_events.intent(debited.pk, payment_method="pm_debit", **AGREED)
    del told["created"]
    event = signed_events.event("payment_intent.succeeded", told, created=int(ARRIVED.timestamp()))
    (fact,) = facts_of(message_of(event))
    with transaction.atomic():
        apply("stripe", fact, ARRIVED)
    assert PaymentMethod.objects.get().saved_at == ARRIVED
