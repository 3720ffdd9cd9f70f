"""Charges to saved methods."""

import logging
from datetime import timedelta

import pytest

from foundation.orm.database_time import database_time
from payments.charging import claims
from payments.models import Attempt, Order, OrderState, Payment, PaymentEvent
from payments.orders import fence
from tests.payments.charging.renewal_orders import DAY, DUE, END, charge, charged_as, due_order
from tests.support.factories import MONTH
from tests.support.ledger_provider import AFTER, BEFORE, KEY_REFUSED, SERVER_ERROR, THROTTLED, Faults, LedgerProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def fails_once(call: str, fault: str) -> Faults:
    """Return faults that fail the first call of this name."""
    left = [fault]
    return lambda name: left.pop() if name == call and left else ""


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def test_due_order_is_charged_once_and_renews_its_subscription(provider: LedgerProvider) -> None:
    order = due_order()
    assert charge(provider)["succeeded"] == 1
    assert charge(provider, DUE + DAY)["claimed"] == 0
    assert provider.successes() == [(order.pk, fresh(order).reference)]
    order = fresh(order)
    assert order.state == OrderState.PAID
    assert order.subscription is not None
    assert order.subscription.end_date == END + MONTH
    assert Payment.objects.get().order == order
    assert Attempt.objects.get().outcome == "succeeded"


@pytest.mark.parametrize("fault", [AFTER, SERVER_ERROR])
def test_lost_answer_is_settled_by_asking_and_never_charged_again(provider: LedgerProvider, fault: str) -> None:
    order = due_order()
    provider.faults = fails_once("charge", fault)
    assert charge(provider)["unknown"] == 1
    assert fresh(order).state == OrderState.UNKNOWN
    provider.forget_keys()
    assert charge(provider, DUE + HOUR)["succeeded"] == 1
    assert len(provider.successes()) == 1
    assert provider.calls().count("charge") == 1
    assert fresh(order).state == OrderState.PAID


def test_call_without_effect_is_repeated_after_asking(provider: LedgerProvider) -> None:
    order = due_order()
    provider.faults = fails_once("charge", BEFORE)
    charge(provider)
    charge(provider, DUE + HOUR)
    assert provider.calls() == ["prepare", "charge", "ask", "charge"]
    assert fresh(order).state == OrderState.PAID


def test_throttled_call_is_repeated_without_an_attempt(provider: LedgerProvider) -> None:
    order = due_order()
    provider.faults = fails_once("charge", THROTTLED)
    assert charge(provider)["nothing_happened"] == 1
    assert fresh(order).state == OrderState.OPEN
    assert not Attempt.objects.exists()
    charge(provider, DUE + HOUR)
    assert fresh(order).state == OrderState.PAID


@pytest.mark.parametrize("call", ["prepare", "charge"])
def test_refused_key_is_one_error_per_run_and_a_throttle_is_none(
    provider: LedgerProvider, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _number in range(3):
        due_order()
    provider.faults = lambda name: THROTTLED if name == call else ""
    with caplog.at_level(logging.WARNING):
        charge(provider)
        assert not caplog.records
        provider.faults = lambda name: KEY_REFUSED if name == call else ""
        charge(provider, DUE + HOUR)
    (line,) = caplog.records
    assert (line.levelname, line.getMessage()) == ("ERROR", "the payment provider refuses the key")
    assert vars(line)["codes"] == ("KeyRefused" if call == "prepare" else "PermissionError")


def test_declined_charge_is_tried_again_on_the_planned_days_and_then_waits(provider: LedgerProvider) -> None:
    order = due_order("declined")
    for days in (0, 1, 3, 5, 7):
        assert charge(provider, DUE + days * DAY + 21 * HOUR)["declined"] == 1, days
    order = fresh(order)
    assert (order.state, order.due_at) == (OrderState.NEEDS_SUBSCRIBER, None)
    assert [attempt.number for attempt in Attempt.objects.filter(order=order)] == [1, 2, 3, 4, 5]
    failures = PaymentEvent.objects.filter(kind="failed").order_by("pk")
    assert [event.next_attempt_at is None for event in failures] == [False, False, False, False, True]
    assert provider.calls().count("prepare") == 1


def test_new_key_is_used_for_every_try(provider: LedgerProvider) -> None:
    """A decline is repeated under its key for as long as the provider keeps it."""
    order = due_order("second")
    charge(provider)
    charge(provider, DUE + 2 * DAY)
    assert fresh(order).state == OrderState.PAID


@pytest.mark.parametrize("token", ["authentication", "lost"])
def test_charge_that_needs_the_subscriber_is_not_tried_again(provider: LedgerProvider, token: str) -> None:
    order = due_order(token)
    charge(provider)
    order = fresh(order)
    assert (order.state, order.due_at) == (OrderState.NEEDS_SUBSCRIBER, None)
    event = PaymentEvent.objects.get(kind="failed")
    assert (event.code, event.next_attempt_at) == (token, None)


def test_money_on_its_way_is_asked_about_until_it_arrives(provider: LedgerProvider) -> None:
    order = due_order("sepa")
    charge(provider)
    assert fresh(order).state == OrderState.PENDING
    charge(provider, DUE + 2 * HOUR)
    assert fresh(order).state == OrderState.PENDING
    provider.settle_pending(fresh(order).reference, arrives=True)
    charge(provider, DUE + 4 * HOUR)
    assert fresh(order).state == OrderState.PAID


def test_charge_that_the_provider_cancelled_is_replaced(provider: LedgerProvider) -> None:
    order = due_order("declined")
    charge(provider)
    provider.cancel(fresh(order).reference)
    charged_as(order, "ok")
    charge(provider, DUE + 2 * DAY)
    assert fresh(order).state == OrderState.PAID
    assert len(provider.successes()) == 1


def test_nobody_is_charged_more_than_was_agreed(provider: LedgerProvider) -> None:
    order = due_order()
    Order.objects.filter(pk=order.pk).update(amount=order.amount + 1)
    charge(provider)
    assert provider.calls() == []
    assert fresh(order).state == OrderState.NEEDS_SUBSCRIBER


def test_removed_method_is_not_charged(provider: LedgerProvider) -> None:
    order = due_order()
    order.user.payment_methods.update(removed_at=DUE)
    charge(provider)
    assert provider.calls() == []
    assert fresh(order).state == OrderState.NEEDS_SUBSCRIBER


def test_order_that_is_to_be_closed_is_closed_and_void(provider: LedgerProvider) -> None:
    order = due_order("declined")
    charge(provider)
    Order.objects.filter(pk=order.pk).update(close_requested_at=DUE, due_at=DUE)
    charge(provider)
    assert provider.calls()[-1] == "close"
    assert fresh(order).state == OrderState.VOID


def test_page_is_closed_before_its_order_is_charged(provider: LedgerProvider) -> None:
    order = due_order()
    page = provider.begin(order, "", "")
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, reference=page.reference)
    charge(provider)
    assert fresh(order).state == OrderState.PAID
    assert not provider.pay_page(page.reference)
    assert provider.calls() == ["begin", "close", "prepare", "charge"]


@pytest.mark.parametrize("fault", [BEFORE, THROTTLED])
def test_order_is_not_charged_while_its_page_is_not_seen_closed(provider: LedgerProvider, fault: str) -> None:
    order = due_order()
    page = provider.begin(order, "", "")
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, reference=page.reference)
    provider.faults = fails_once("close", fault)
    charge(provider)
    assert "charge" not in provider.calls()
    assert provider.pay_page(page.reference), "the subscriber still sees it"
    charge(provider, DUE + HOUR)
    assert provider.successes() == [(order.pk, page.reference)]
    assert fresh(order).state == OrderState.PAID


def test_page_that_was_paid_is_not_charged_again(provider: LedgerProvider) -> None:
    order = due_order()
    page = provider.begin(order, "", "")
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, reference=page.reference)
    assert provider.pay_page(page.reference)
    charge(provider)
    assert fresh(order).state == OrderState.PAID
    assert len(provider.successes()) == 1


def test_subscriber_who_has_just_opened_the_page_is_left_alone(provider: LedgerProvider) -> None:
    order = due_order()
    page = provider.begin(order, "", "")
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, reference=page.reference, consented_at=DUE)
    charge(provider)
    assert fresh(order).way == Order.Way.PAGE
    assert provider.pay_page(page.reference)


def test_charger_that_was_frozen_past_its_lease_confirms_nothing(provider: LedgerProvider) -> None:
    due_order()
    claim = claims.claim(provider.name, 10, DUE)
    Order.objects.update(lease_until=DUE - MONTH * 12)
    assert claims.release_abandoned() == 1
    assert claim.submit(claim.orders, DUE) == []
    assert claims.claim(provider.name, 10, DUE).orders
    assert claim.submit(claim.orders, DUE) == []
    assert not claim.release(claim.orders[0], OrderState.OPEN, None)


def test_abandoned_order_with_a_reference_is_asked_about_first(provider: LedgerProvider) -> None:
    order = due_order()
    claim = claims.claim(provider.name, 10, DUE)
    reference = provider.prepare(order, order.user.payment_methods.get(), 1)
    Order.objects.filter(pk=order.pk).update(reference=reference, lease_until=DUE - MONTH * 12)
    claim.orders[0].refresh_from_db()
    charge(provider)
    assert provider.calls() == ["prepare", "ask", "charge"]
    assert len(provider.successes()) == 1


def test_claimed_order_is_claimed_by_nobody_else(provider: LedgerProvider) -> None:
    due_order()
    assert len(claims.claim(provider.name, 10, DUE).orders) == 1
    assert claims.claim(provider.name, 10, DUE).orders == []


def test_charge_does_not_begin_shortly_before_the_lease_ends(provider: LedgerProvider) -> None:
    due_order()
    claim = claims.claim(provider.name, 10, DUE)
    Order.objects.update(lease_until=database_time(claims.CALLS / 2))
    assert claim.submit(claim.orders, DUE) == []


def test_reference_that_is_no_longer_stored_is_not_charged(provider: LedgerProvider) -> None:
    due_order()
    claim = claims.claim(provider.name, 10, DUE)
    claim.orders[0].reference = "charge_of_another"
    assert claim.submit(claim.orders, DUE) == []


def test_second_charger_stores_nothing_beside_the_first() -> None:
    order = due_order()
    first, second = fresh(order), fresh(order)
    assert fence.store_reference(first, "charge_1")
    assert not fence.store_reference(second, "charge_2")
    assert fresh(order).reference == "charge_1"


def test_charges_are_stored_for_the_orders_that_have_none() -> None:
    order, taken, at_the_page = due_order(), due_order(), due_order()
    seen = [fresh(each) for each in (order, taken, at_the_page)]
    assert fence.store_reference(taken, "charge_0")
    assert fence.take_way(at_the_page, Order.Way.PAGE, LedgerProvider.name)
    assert fence.store_references(dict(zip(seen, ("charge_1", "charge_2", "charge_3"), strict=True))) == [order]
    assert [fresh(each).reference for each in seen] == ["charge_1", "charge_0", ""]
    assert [each.reference for each in seen] == ["charge_1", "", ""]


def test_way_is_not_taken_from_an_order_that_has_changed() -> None:
    order = due_order()
    seen = fresh(order)
    assert fence.store_reference(fresh(order), "charge_1")
    assert not fence.take_way(seen, Order.Way.PAGE, "stripe")
    assert fresh(order).way == Order.Way.CHARGE


def test_provider_that_fails_may_have_taken_the_money(provider: LedgerProvider) -> None:
    order = due_order()

    def fail(_call: str) -> None:
        raise RuntimeError("the adapter has a fault")

    provider.after_effect = lambda call: fail(call) if call == "charge" else None
    assert charge(provider)["unknown"] == 1
    provider.after_effect = lambda _call: None
    charge(provider, DUE + HOUR)
    assert fresh(order).state == OrderState.PAID
    assert len(provider.successes()) == 1
