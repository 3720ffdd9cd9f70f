"""Announcements of what became of an order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.dispatch import Signal

from payments import signals
from payments.announcements import announce_disputed, announce_failed
from payments.models import PaymentEvent
from payments.received_money.recording import record_payment
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW

DAY = timedelta(days=1)


@pytest.mark.django_db
def test_money_that_became_a_period_is_one_event_of_its_order() -> None:
    order = first_order()
    payment = record_payment(order, money(transaction_id="t-1"), now=NOW)
    record_payment(order, money(transaction_id="t-1"), now=NOW)

    event = PaymentEvent.objects.get()
    assert (event.kind, event.order, event.payment, event.occurred_at) == ("succeeded", order, payment, NOW)


@pytest.mark.django_db
def test_money_that_nobody_waits_for_is_no_event() -> None:
    record_payment(first_order(), money("1.00"), now=NOW)
    assert not PaymentEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_failed_try_is_an_event_and_told_after_the_commit() -> None:
    order = first_order()
    with told_by(signals.payment_failed) as told:
        announce_failed(order, "expired_card", NOW + DAY, NOW)

    assert told == [{"order": order, "subscription": None, "code": "expired_card", "next_attempt_at": NOW + DAY}]
    event = PaymentEvent.objects.get()
    assert (event.kind, event.code, event.next_attempt_at) == ("failed", "expired_card", NOW + DAY)


@pytest.mark.django_db(transaction=True)
def test_dispute_is_an_event_of_the_order_that_was_paid() -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    with told_by(signals.payment_disputed) as told:
        announce_disputed(payment, NOW + DAY)

    assert told == [{"payment": payment}]
    assert PaymentEvent.objects.get(kind="disputed").order == payment.order


@contextmanager
def told_by(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """Collect the arguments with which a signal is sent."""
    told: list[dict[str, Any]] = []

    def receive(sender: object, signal: object, **arguments: Any) -> None:
        told.append(arguments)

    signal.connect(receive)
    try:
        yield told
    finally:
        signal.disconnect(receive)
