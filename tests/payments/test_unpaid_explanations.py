"""Explanation of renewal orders that ended or wait without a payment, by what the sweep and the charger did."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from pytest_django.fixtures import DjangoAssertNumQueries

from payments.admin.explanation import explain_order
from payments.errors import ProviderRefused
from payments.hosted_page import begin
from payments.models import Order, OrderState, PaymentEvent, PaymentMethod, Renewal
from payments.orders.consents import Consent
from payments.orders.opening import withdraw
from payments.providers.interface import Outcome, OutcomeKind
from payments.received_money.settling import settle
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import DAY, DUE, END, charge, due_order
from tests.payments.opened_orders import renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import KEY_REFUSED, LedgerProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ENDED = "31 Dec 2026 03:00 UTC"
GRACE_ENDED = "7 Jan 2027 03:00 UTC"


def explained(order: Order, state: OrderState) -> str:
    """Return the sentence of an order that is in this state by now."""
    order = Order.objects.select_related("user").get(pk=order.pk)
    assert order.state == state
    return explain_order(order).sentence


@pytest.fixture
def charging(provider: LedgerProvider, settings: LazySettings) -> LedgerProvider:
    """Return the provider by which payments are on."""
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    return provider


def test_order_that_nobody_paid_by_transfer_says_that_access_ended_before(manual: None) -> None:
    order = renewal_order(Service.create_subscription(make_user(), make_plan(), now=NOW), DUE)
    Service.sweep(now=END)
    assert explained(order, OrderState.VOID) == f"It was not paid before access ended, on {ENDED}."


def test_order_that_the_provider_refused_our_key_for_says_that_access_ended_before(charging: LedgerProvider) -> None:
    order = due_order()
    charging.faults = lambda name: KEY_REFUSED if name == "prepare" else ""
    charge(charging)
    charge(charging, END)
    Service.sweep(now=END + 7 * DAY)
    assert explained(order, OrderState.VOID) == f"It was not paid before access ended, on {GRACE_ENDED}."


def test_order_whose_charges_had_no_effect_names_no_last_try(charging: LedgerProvider) -> None:
    order = due_order()
    charging.faults = lambda name: KEY_REFUSED if name == "charge" else ""
    charge(charging)
    Service.sweep(now=END + 7 * DAY)
    text = f"It was given up on {GRACE_ENDED}, when access ended. No charge had an effect."
    assert explained(order, OrderState.GIVEN_UP) == text


def test_order_whose_page_is_closed_after_the_end_says_that_access_ended_before(charging: LedgerProvider) -> None:
    order = renewal_order(Service.create_subscription(make_user(), make_plan(), now=NOW), DUE)
    begin(order, charging, Consent("", renews=False), "", DUE)
    Service.sweep(now=END)
    assert explained(order, OrderState.OPEN).endswith("as it was withdrawn, or access ended.")
    charge(charging, END + HOUR)
    assert explained(order, OrderState.VOID) == f"It was not paid before access ended, on {ENDED}."


def cancel(order: Order) -> None:
    assert order.subscription is not None
    Service.cancel_subscription(order.subscription, now=DUE)


def renew(order: Order) -> None:
    assert order.subscription is not None
    Service.renew_subscription(order.subscription, now=DUE)


def withdraw_it(order: Order) -> None:
    withdraw(order, DUE)


@pytest.mark.parametrize("end", [cancel, renew, withdraw_it])
def test_order_that_ended_otherwise_does_not_name_a_later_end_of_access(
    manual: None, end: Callable[[Order], None]
) -> None:
    order = renewal_order(Service.create_subscription(make_user(), make_plan(), now=NOW), DUE)
    end(order)
    Service.sweep(now=END + 40 * DAY)
    assert "cancelled, or went on otherwise, on 30 Dec 2026" in explained(order, OrderState.VOID)


def test_charge_that_the_provider_refused_says_so_with_the_code(charging: LedgerProvider) -> None:
    order = due_order()

    def refuse(*_arguments: object) -> str:
        raise ProviderRefused("no_such_customer")

    charging.prepare = refuse  # type: ignore[assignment] # the same, refused
    charge(charging)
    assert explained(order, OrderState.NEEDS_SUBSCRIBER) == (
        "It is not charged: the provider refused it (no_such_customer). The subscriber must pay."
    )


def test_charge_whose_method_is_gone_says_that_there_is_none(charging: LedgerProvider) -> None:
    order = due_order()
    PaymentMethod.objects.update(removed_at=DUE)
    charge(charging)
    assert "there is no payment method that can be charged" in explained(order, OrderState.NEEDS_SUBSCRIBER)


def test_charge_whose_renewal_was_turned_off_says_so(charging: LedgerProvider) -> None:
    order = due_order()
    Renewal.objects.update(auto_renew=False)
    charge(charging)
    assert explained(order, OrderState.NEEDS_SUBSCRIBER) == (
        "It is not charged: automatic renewal is turned off. The subscriber must pay."
    )


def test_debit_of_the_page_that_did_not_arrive_is_no_missing_method(charging: LedgerProvider) -> None:
    order = due_order()
    Renewal.objects.update(auto_renew=False)
    begin(order, charging, Consent("", renews=False), "", DUE)
    order.refresh_from_db()
    settle(order, Outcome(OutcomeKind.PENDING), DUE)
    charging.close(order.reference)
    Order.objects.update(due_at=DUE + HOUR)
    charge(charging, DUE + HOUR)
    assert PaymentEvent.objects.get().code == ""
    assert explained(order, OrderState.NEEDS_SUBSCRIBER) == (
        "It is not charged: the money that was on its way did not arrive. The subscriber must pay."
    )


@pytest.mark.parametrize(
    ("fields", "queries"),
    [
        ({}, 2),
        ({"state": "void", "finished_at": DUE}, 3),
        ({"state": "needs_subscriber"}, 4),
        ({"state": "given_up", "finished_at": DUE}, 2),
        ({"state": "pending"}, 2),
        ({"state": "void", "finished_at": DUE, "kind": "first", "period_start": None}, 2),
    ],
)
def test_only_an_unpaid_end_and_a_wait_take_more_queries(
    fields: dict[str, Any], queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order = renewal_order(Service.create_subscription(make_user(), make_plan(), now=NOW), DUE)
    Order.objects.update(**fields)
    order.refresh_from_db()
    with django_assert_num_queries(queries):  # tries, payments; the end, or the refusal and the agreement
        explain_order(order)
