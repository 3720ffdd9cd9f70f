"""Debits that fail days after they were submitted: one failure on record and one told, whatever else is told late."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from payments.facts import apply
from payments.models import Attempt, Order, OrderState, PaymentEvent
from payments.providers.interface import Fact, FactKind
from payments.statistics import recovered
from tests.payments.charging.renewal_orders import DAY, DUE, charge, charged_as, due_order
from tests.support.factories import NOW
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FIRST = DUE + 21 * HOUR
"""Time of the first try. The tries are spread over 20 hours."""


def submitted(provider: LedgerProvider, said: str = "sepa") -> Order:
    """Return an order whose first try has been made."""
    order = due_order(said)
    assert charge(provider, FIRST)["claimed"] == 1
    order.refresh_from_db()
    return order


def told(provider: LedgerProvider, order: Order, kind: FactKind) -> Callable[[int], object]:
    """Return what brings a fact about the first try, after so many others, and lets the charger run after it."""

    def tell(number: int) -> None:
        now = FIRST + (number + 1) * MINUTE
        apply(provider.name, Fact(kind, FIRST, reference=order.reference, order_id=order.pk), now)
        charge(provider, now)

    return tell


def attempts() -> list[tuple[int, str]]:
    return list(Attempt.objects.order_by("number").values_list("number", "outcome"))


def failures() -> int:
    return PaymentEvent.objects.filter(kind="failed").count()


def rows() -> Any:
    """Return what the facts led to."""
    return list(Order.objects.values_list("state", "due_at", "attempts")), attempts(), failures()


def test_debit_that_fails_becomes_an_attempt_that_failed(provider: LedgerProvider) -> None:
    order = submitted(provider)
    assert attempts() == [(1, "pending")]
    provider.settle_pending(order.reference, arrives=False)

    told(provider, order, FactKind.FAILED)(1)

    assert attempts() == [(1, "pending"), (2, "declined")]
    assert failures() == 1
    order.refresh_from_db()
    assert (order.state, order.attempts) == (OrderState.OPEN, 2)


def test_facts_of_a_failed_debit_end_in_the_same_rows_and_one_failure_in_any_order(provider: LedgerProvider) -> None:
    order = submitted(provider)
    kinds = [FactKind.PENDING, FactKind.PENDING, FactKind.FAILED, FactKind.PENDING, FactKind.FAILED]
    provider.settle_pending(order.reference, arrives=False)
    ends = []
    for sequence in sorted(set(itertools.permutations(kinds))):
        with transaction.atomic():
            for number, kind in enumerate(sequence):
                told(provider, order, kind)(number)
            ends.append(rows())
            transaction.set_rollback(True)
    assert len(ends) == 10
    ((state, due_at, number),), made, failed = ends[0]
    assert (state, number, made, failed) == (OrderState.OPEN, 2, [(1, "pending"), (2, "declined")], 1)
    assert FIRST < due_at <= DUE + DAY + 20 * HOUR
    assert [end for end in ends if end != ends[0]] == []


@pytest.mark.parametrize("fails_before", range(6))
def test_debit_that_fails_between_the_facts_is_told_once(provider: LedgerProvider, fails_before: int) -> None:
    order = submitted(provider)
    for number in range(5):
        if number == fails_before:
            provider.settle_pending(order.reference, arrives=False)
        told(provider, order, FactKind.PENDING)(number)
    assert failures() == (fails_before < 5)
    assert len(attempts()) == 1 + (fails_before < 5)


@pytest.mark.parametrize("said", ["declined", "lost", "authentication"])
def test_news_of_a_failure_that_is_told_tells_of_no_other(provider: LedgerProvider, said: str) -> None:
    order = submitted(provider, said)
    before = rows()
    assert (len(before[1]), before[2]) == (1, 1)
    for number, kind in enumerate([FactKind.PENDING, FactKind.FAILED, FactKind.PENDING]):
        told(provider, order, kind)(number)
        assert rows() == before
    assert provider.calls().count("charge") == 1


def test_every_failed_try_is_told_and_the_order_that_is_paid_counts_as_recovered(provider: LedgerProvider) -> None:
    order = submitted(provider)
    for _try in range(2):
        provider.settle_pending(order.reference, arrives=False)
        order.refresh_from_db()
        due_at = charge_after(provider, order, FactKind.PENDING)
        charge(provider, due_at)
    assert failures() == 2
    assert [outcome for _number, outcome in attempts()] == ["pending", "declined", "pending", "declined", "pending"]
    provider.settle_pending(order.reference, arrives=False)
    charged_as(order, "ok")
    charge(provider, charge_after(provider, order, FactKind.FAILED))
    order.refresh_from_db()
    assert (order.state, failures()) == (OrderState.PAID, 3)
    assert recovered(NOW) == 1


def charge_after(provider: LedgerProvider, order: Order, kind: FactKind) -> Any:
    """Bring the fact, repeated, a minute after the last attempt; return the instant of the next try."""
    now = Attempt.objects.latest("number").ended_at
    for _message in range(3):
        now += MINUTE
        apply(provider.name, Fact(kind, FIRST, reference=order.reference, order_id=order.pk), now)
        charge(provider, now)
    order.refresh_from_db()
    assert order.state == OrderState.OPEN
    return order.due_at
