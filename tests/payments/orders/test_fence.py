"""Fence between the ways to pay an order."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from payments.facts import apply
from payments.hosted_page import begin
from payments.methods.saved_methods import replace_method
from payments.models import Order, PaymentEvent
from payments.orders.consents import Consent
from payments.orders.fence import store_reference, take_way
from payments.orders.opening import void
from payments.providers.interface import Fact, FactKind, MethodDetails
from tests.payments.charging.renewal_orders import DUE, charge, due_order
from tests.payments.opened_orders import first_order
from tests.support.factories import NOW
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
PAGE, CHARGE = Order.Way.PAGE, Order.Way.CHARGE


def seen_twice() -> tuple[Order, Order]:
    """Return an order as two actors read it."""
    order = first_order()
    return order, Order.objects.get(pk=order.pk)


def stored(order: Order) -> tuple[str, str, str]:
    return Order.objects.values_list("way", "reference", "state").get(pk=order.pk)


def test_of_two_that_see_no_way_one_takes_it() -> None:
    first, second = seen_twice()
    assert take_way(first, PAGE, "stripe")
    assert not take_way(second, CHARGE, "stripe")
    assert stored(first)[0] == "page"


def test_reference_of_a_way_that_was_lost_is_not_stored() -> None:
    first, second = seen_twice()
    assert take_way(first, CHARGE, "stripe")
    second.refresh_from_db()
    assert take_way(second, PAGE, "stripe")
    assert not store_reference(first, "pi_1")
    assert store_reference(second, "cs_1")
    assert stored(first)[:2] == ("page", "cs_1")


def test_reference_is_stored_where_none_is() -> None:
    first, second = seen_twice()
    assert take_way(first, PAGE, "stripe")
    second.refresh_from_db()
    assert store_reference(first, "cs_1")
    assert not store_reference(second, "cs_2")
    assert not store_reference(first, "cs_3")
    assert stored(first)[1] == "cs_1"


def test_way_is_not_taken_from_a_reference_that_was_not_seen() -> None:
    first, second = seen_twice()
    assert take_way(first, PAGE, "stripe")
    assert store_reference(first, "cs_1")
    assert not take_way(second, CHARGE, "stripe")
    second.refresh_from_db()
    assert take_way(second, CHARGE, "stripe")
    assert stored(first)[:2] == ("charge", "")


@pytest.mark.parametrize(
    ("state", "after"), [("unknown", "open"), ("needs_subscriber", "needs_subscriber"), ("open", "open")]
)
def test_what_was_unknown_is_settled_because_the_reference_is_closed(state: str, after: str) -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(state=state)
    assert take_way(order, PAGE, "stripe")
    assert stored(order)[2] == after


def test_no_way_is_taken_while_money_is_on_its_way_or_after_the_end() -> None:
    pending, finished = first_order(), first_order()
    Order.objects.filter(pk=pending.pk).update(state="pending")
    void(Order.objects.get(pk=finished.pk), NOW)
    assert not take_way(pending, PAGE, "stripe")
    assert not take_way(finished, PAGE, "stripe")


@pytest.mark.parametrize("said", ["lost", "authentication"])
def test_method_that_cannot_be_charged_is_not_charged_again_after_a_page_that_was_left(
    provider: LedgerProvider, settings: LazySettings, said: str
) -> None:
    settings.PAYMENT_PROVIDER = provider.name
    order = left_at_the_page(provider, said)
    for hours in range(2, 96, 6):
        charge(provider, DUE + hours * HOUR)
    assert provider.calls().count("charge") == 1
    assert PaymentEvent.objects.filter(order=order, kind="failed").count() == 1


@pytest.mark.parametrize("told", [FactKind.CLOSED, FactKind.PENDING, FactKind.REQUIRES_ACTION])
def test_method_that_cannot_be_charged_is_not_charged_again_whatever_is_told_of_the_page(
    provider: LedgerProvider, settings: LazySettings, told: FactKind
) -> None:
    settings.PAYMENT_PROVIDER = provider.name
    order = left_at_the_page(provider, "lost")
    reference = order.reference if told is FactKind.CLOSED else "intent-of-the-page"
    if told is FactKind.CLOSED:
        provider.cancel(order.reference)
    apply(provider.name, Fact(told, DUE + 2 * HOUR, order_id=order.pk, reference=reference), DUE + 2 * HOUR)
    for hours in range(2, 96, 6):
        charge(provider, DUE + hours * HOUR)
    order.refresh_from_db()
    assert order.state == "needs_subscriber"
    assert provider.calls().count("charge") == 1
    assert PaymentEvent.objects.filter(order=order, kind="failed").count() == 1


def test_method_that_is_saved_after_a_page_that_was_left_is_charged(
    provider: LedgerProvider, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = provider.name
    order = left_at_the_page(provider, "lost")
    replace_method(order.user, provider.name, MethodDetails("customer", "ok_saved"), DUE + 2 * HOUR)
    for hours in (2, 3, 4):
        charge(provider, DUE + hours * HOUR)
    order.refresh_from_db()
    assert (order.state, len(provider.successes())) == ("paid", 1)


def left_at_the_page(provider: LedgerProvider, said: str) -> Order:
    """Return a renewal order that no charge can collect, whose subscriber has opened the page and gone."""
    order = due_order(said)
    charge(provider, DUE)
    order.refresh_from_db()
    assert order.state == "needs_subscriber"
    begin(order, provider, Consent("", renews=True), "https://example.com", DUE + HOUR)
    return order
