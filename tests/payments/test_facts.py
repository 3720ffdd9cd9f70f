"""Facts: whatever their order and however often each comes, the rows end the same."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import clock
from payments.models import Dispute, Order, Payment, PaymentEvent, PaymentMethod, Renewal, WebhookMessage
from payments.providers.interface import Fact, FactKind, Message, MethodDetails
from payments.webhooks import inbox
from subscriptions.models import Subscription, SubscriptionEvent
from tests.payments.opened_orders import first_order
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db

MADE = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROVIDER = "told"
FAILED, PENDING = 0, 5
"""Numbers in the list of `facts` and `others`."""
AMOUNT: dict[str, Any] = {"amount": Decimal("9.90"), "currency": "EUR"}


class Told:
    """A provider whose messages hold the number of a fact."""

    name = PROVIDER

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.told = facts

    def facts(self, message: Message) -> tuple[Fact, ...]:
        return (self.told[message.body["fact"]],)


def facts(order: Order) -> list[Fact]:
    """Return the life of a payment that was declined first, then made, half refunded, disputed and lost."""
    known: dict[str, Any] = {"order_id": order.pk, "reference": "pi_1"}
    return [
        Fact(FactKind.FAILED, MADE, code="insufficient_funds", **known),
        Fact(FactKind.SUCCEEDED, MADE + HOUR, transaction_id="pi_1", **known, **AMOUNT),
        Fact(FactKind.REFUNDED, MADE + 2 * HOUR, transaction_id="re_1", of="pi_1", amount=Decimal(4), currency="EUR"),
        Fact(FactKind.DISPUTED, MADE + 3 * HOUR, transaction_id="dp_1", of="pi_1", **AMOUNT),
        Fact(FactKind.DISPUTE_LOST, MADE + 4 * HOUR, transaction_id="dp_1", of="pi_1", **AMOUNT),
    ]


def others(order: Order) -> list[Fact]:
    """Return facts that a provider may tell as well."""
    method = MethodDetails("cus_1", "pm_1", "visa", "4242")
    return [
        Fact(FactKind.PENDING, MADE, order_id=order.pk, reference="pi_1"),
        Fact(FactKind.CLOSED, MADE, reference="cs_1"),
        Fact(FactKind.SUCCEEDED, MADE + 9 * HOUR, order_id=order.pk, transaction_id="pi_2", **AMOUNT),
        Fact(FactKind.METHOD_SAVED, MADE, method=method, user_id=str(order.user_id)),
    ]


def deliver(found: Sequence[Fact], sequence: Sequence[int]) -> None:
    """Bring the facts by number; a number that comes again is another message, and each message comes twice."""
    provider: Any = Told(found)
    for number, index in enumerate(sequence):
        message = Message(f"m-{number}", "x", MADE, {"fact": index})
        for _delivery in range(2):
            now = NOW + number * timedelta(seconds=1)
            inbox.process(provider, inbox.store(PROVIDER, message, now), now)
    for tick in range(1, 4):
        inbox.process_pending(provider, NOW + tick * timedelta(days=1), lambda: HOUR)


def rows() -> Any:
    """Return what the messages led to, without keys and the order in which rows were written."""
    payments = Payment.objects.values_list(
        "kind",
        "transaction_id",
        "of__transaction_id",
        "amount",
        "paid_at",
        "surplus",
        "order__state",
        "subscription__status",
    )
    return {
        "payments": sorted(payments, key=str),
        "order": list(Order.objects.values_list("state", "subscription__status", "due_at")),
        "subscription": list(Subscription.objects.values_list("status", flat=True)),
        "events": sorted(SubscriptionEvent.objects.values_list("transition", flat=True)),
        "announced": sorted(PaymentEvent.objects.values_list("kind", flat=True)),
        "disputes": list(Dispute.objects.values_list("transaction_id", "state", "amount")),
        "methods": list(PaymentMethod.objects.values_list("token", "brand", "removed_at")),
        "pending": WebhookMessage.objects.filter(outcome="pending").count(),
    }


def outcomes(sequences: Sequence[Sequence[int]]) -> Iterator[Any]:
    """Yield the rows after each sequence, all of which begin with the same database."""
    order = first_order()
    Order.objects.filter(pk=order.pk).update(provider=PROVIDER, reference="pi_1", way="page")
    found = facts(order)
    for sequence in sequences:
        with transaction.atomic():
            deliver(found, sequence)
            yield rows()
            transaction.set_rollback(True)


def repeated(sequence: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sequence with two of its facts told once more, at places of its own."""
    return (*sequence[:3], sequence[0], *sequence[3:], sequence[2])


@pytest.mark.slow
@pytest.mark.once
def test_all_permutations_of_five_facts_with_repetitions_end_in_the_same_rows() -> None:
    sequences = [repeated(permutation) for permutation in itertools.permutations(range(5))]
    assert len(sequences) == 120

    first, *others = outcomes(sequences)

    assert first["pending"] == 0
    assert [row[0] for row in first["payments"]] == ["dispute", "payment", "refund"]
    assert first["disputes"] == [("dp_1", "lost", Decimal("9.90"))]
    assert first["announced"] == ["disputed", "refunded", "succeeded"]
    assert first["subscription"] == ["expired"]
    assert [other for other in others if other != first] == []


@pytest.mark.slow
@pytest.mark.once
def test_any_sequence_ends_as_the_sorted_one_does() -> None:
    order = first_order()
    found = [*facts(order), *others(order)]

    def end(sequence: Sequence[int]) -> Any:
        with transaction.atomic():
            deliver(found, sequence)
            rows = comparable()
            transaction.set_rollback(True)
        return rows

    of_sorted = cache(end)

    @settings(max_examples=500)
    @given(st.lists(st.integers(0, 8), max_size=10))
    def check(sequence: list[int]) -> None:
        assert end(sequence) == of_sorted(tuple(sorted(set(sequence))))

    check()


def comparable() -> Any:
    """Return what holds whichever of two payments for one order came first: one period, and one surplus."""
    found = rows()
    sums = sorted((payment[0], payment[1], payment[3]) for payment in found["payments"])
    surplus = sum(payment[5] for payment in found["payments"])
    return {
        "sums": sums,
        "surplus": surplus,
        "order": [row[0] for row in found["order"]],
        "disputes": found["disputes"],
        "methods": found["methods"],
        "announced": found["announced"],
    }


def test_card_that_was_entered_last_is_charged_whatever_is_told_first_and_again() -> None:
    order = first_order(now=MADE - HOUR)
    Order.objects.filter(pk=order.pk).update(
        provider=PROVIDER, reference="pi_1", way="page", renews=True, consented_at=MADE
    )
    known: dict[str, Any] = {"order_id": order.pk, "reference": "pi_1", "transaction_id": "pi_1"}
    paid_by, entered = MethodDetails("cus_1", "pm_1"), MethodDetails("cus_1", "pm_2", "visa", "4242")
    found = [
        Fact(FactKind.SUCCEEDED, MADE, method=paid_by, **known, **AMOUNT),
        Fact(FactKind.METHOD_SAVED, MADE + HOUR, method=entered, user_id=str(order.user_id)),
        Fact(FactKind.METHOD_REMOVED, MADE + 2 * HOUR, method=paid_by),
    ]
    for permutation in itertools.permutations(range(3)):
        with transaction.atomic():
            deliver(found, (*permutation, *permutation[:2]))
            charged = Renewal.objects.values_list("auto_renew", "method__token", "method__removed_at")
            assert list(charged) == [(True, "pm_2", None)], permutation
            transaction.set_rollback(True)


def test_dispute_turns_renewal_off() -> None:
    order = first_order()
    found = facts(order)
    deliver(found, [1])
    subscription = Subscription.objects.get()
    Renewal.objects.create(
        subscription=subscription, auto_renew=True, amount=Decimal("9.90"), currency="EUR", agreed_at=clock.now()
    )
    deliver_again(found, 3)
    assert not Renewal.objects.get().auto_renew
    subscription.refresh_from_db()
    assert subscription.status == "active"


def deliver_again(found: Sequence[Fact], index: int) -> None:
    provider: Any = Told(found)
    key = inbox.store(PROVIDER, Message(f"again-{index}", "x", MADE, {"fact": index}), NOW)
    assert inbox.process(provider, key, NOW)


def test_refund_made_in_the_dashboard_ends_nothing() -> None:
    order = first_order()
    found = facts(order)
    deliver(found, [1, 2])
    assert Payment.objects.get(kind="refund").amount == Decimal(-4)
    assert Subscription.objects.get().status == "active"


def test_refund_before_its_payment_waits_and_says_why() -> None:
    found = facts(first_order())
    provider: Any = Told(found)
    key = inbox.store(PROVIDER, Message("early", "x", MADE, {"fact": 2}), NOW)
    assert not inbox.process(provider, key, NOW)
    message = WebhookMessage.objects.get()
    assert (message.outcome, message.attempts) == ("pending", 1)
    assert message.error.startswith("UnknownTransaction: ")


@pytest.mark.parametrize("state", ["unknown", "pending"])
@pytest.mark.parametrize("fact", [FAILED, PENDING])
def test_news_that_is_no_money_makes_the_charger_ask(fact: int, state: str) -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(provider=PROVIDER, reference="pi_1", way="charge", state=state)
    deliver(facts(order) + others(order), [fact])
    order.refresh_from_db()
    assert (order.state, order.due_at) == (state, NOW)


@pytest.mark.parametrize("state", ["open", "needs_subscriber"])
def test_message_of_a_decline_that_is_known_does_not_charge_again(state: str) -> None:
    order = first_order()
    planned = NOW + timedelta(days=1) if state == "open" else None
    waiting = {"provider": PROVIDER, "reference": "pi_1", "way": "charge", "state": state, "due_at": planned}
    Order.objects.filter(pk=order.pk).update(**waiting)
    deliver(facts(order), [FAILED])
    order.refresh_from_db()
    assert (order.state, order.due_at) == (state, planned)


@pytest.mark.parametrize("state", ["open", "needs_subscriber"])
def test_money_on_its_way_after_a_decline_is_asked_about_and_not_charged_again(state: str) -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(provider=PROVIDER, reference="pi_1", way="charge", state=state)
    deliver(facts(order) + others(order), [PENDING])
    order.refresh_from_db()
    assert (order.state, order.due_at) == ("unknown", NOW)


@pytest.mark.parametrize(
    ("kind", "is_proven", "due_at"),
    [
        (FactKind.PENDING, True, NOW),
        (FactKind.PENDING, False, None),
        (FactKind.REQUIRES_ACTION, True, None),  # they are at the page, or have left it
    ],
)
def test_money_on_its_way_from_a_page_that_nobody_came_back_from_is_asked_about(
    kind: FactKind, is_proven: bool, due_at: datetime | None
) -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(provider=PROVIDER, reference="cs_1", way="page")
    deliver([Fact(kind, MADE, order_id=order.pk, reference="pi_1", is_proven=is_proven)], [0])
    order.refresh_from_db()
    assert (order.state, order.due_at) == ("open", due_at)


def test_news_of_a_reference_that_was_replaced_changes_nothing() -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(provider=PROVIDER, reference="pi_2", way="charge")
    deliver(facts(order), [0])
    order.refresh_from_db()
    assert order.due_at is None
