"""Agreements to renew that have ended: nothing but resuming, or another agreement, brings them back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from payments.methods.saved_methods import remove_method, replace_method
from payments.models import Order, OrderState, Renewal
from payments.orders.opening import withdraw
from payments.plan_changes.change_orders import change_now
from payments.providers.interface import Fact, FactKind, MethodDetails
from payments.received_money.recording import record_payment
from payments.refunds.returned_money import record_dispute
from payments.renewal.automatic_renewal import turn_off
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.charging.renewal_orders import DAY, END, charge, make_method, renewing
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

SECOND = timedelta(seconds=1)


def swept(subscription: Subscription) -> None:
    Service.sweep(now=END)
    subscription.refresh_from_db()


def cancelled_and_swept(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    swept(subscription)


def resumed_cancelled_and_swept(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    cancelled_and_swept(subscription)


ENDINGS = [
    pytest.param(partial(Service.cancel_subscription, now=NOW), id="cancelled"),
    pytest.param(partial(Service.cancel_now, now=NOW + DAY), id="at once"),
    pytest.param(cancelled_and_swept, id="cancelled and swept"),
    pytest.param(resumed_cancelled_and_swept, id="resumed, cancelled and swept"),
    pytest.param(swept, id="swept"),
]
LONG_AFTER = END + 60 * DAY


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.parametrize("has_new_card", [False, True])
def test_agreement_of_what_has_ended_does_not_come_back_with_days_that_staff_give(
    provider: LedgerProvider, end: Callable[[Subscription], object], has_new_card: bool
) -> None:
    subscription = renewing()
    end(subscription)
    Service.give_days(subscription, 2, now=LONG_AFTER)
    if has_new_card:
        replace_method(subscription.user, provider.name, MethodDetails("customer", "ok_new"), LONG_AFTER)
    assert subscription.status == Subscription.Status.ACTIVE
    charge(provider, LONG_AFTER + DAY)
    charge(provider, LONG_AFTER + 2 * DAY - SECOND)
    assert provider.successes() == []
    assert not Renewal.objects.get().auto_renew


@pytest.mark.parametrize("end", ENDINGS)
def test_agreement_of_what_has_ended_does_not_come_back_with_a_renewal_that_nobody_paid(
    end: Callable[[Subscription], object],
) -> None:
    subscription = renewing()
    end(subscription)
    Service.renew_subscription(subscription, now=LONG_AFTER if subscription.expired_at else NOW + DAY)
    assert not Renewal.objects.get().auto_renew


@pytest.mark.parametrize("end", ENDINGS)
def test_agreement_of_what_has_ended_does_not_come_back_with_a_transfer(end: Callable[[Subscription], object]) -> None:
    subscription = renewing()
    end(subscription)
    at = LONG_AFTER if subscription.expired_at else NOW + DAY
    record_payment(renewal_order(subscription, at), money(), now=at)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.ACTIVE
    assert not Renewal.objects.get().auto_renew


def test_debit_that_arrives_after_a_cancelled_subscription_was_swept_brings_no_agreement_back() -> None:
    """Ordered by hand after the cancellation, and still on its way when the paid time was over."""
    subscription = renewing()
    Service.cancel_subscription(subscription, now=NOW)
    order = renewal_order(subscription, NOW + DAY)
    Order.objects.update(state=OrderState.PENDING, way=Order.Way.PAGE, reference="cs_1", provider=LedgerProvider.name)
    swept(subscription)
    record_payment(order, money(), now=END + DAY)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.ACTIVE
    assert not Renewal.objects.get().auto_renew


def agree_on_the_page(order: Order, at: datetime) -> None:
    """Pay the order on the page, with automatic renewal ticked."""
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, renews=True, consented_at=at)
    record_payment(order, money(), now=at)


def test_agreement_after_a_cancellation_survives_a_sweep_while_its_debit_is_on_its_way(
    provider: LedgerProvider,
) -> None:
    subscription = renewing("sepa")
    Service.cancel_subscription(subscription, now=NOW)
    agree_on_the_page(renewal_order(subscription, NOW + DAY), NOW + DAY)
    subscription.refresh_from_db()
    charge(provider, subscription.end_date - DAY)
    charge(provider, subscription.end_date - SECOND)
    order = Order.objects.get(state=OrderState.PENDING)
    Service.sweep(now=subscription.end_date + 20 * DAY)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.EXPIRED

    provider.settle_pending(order.reference, arrives=True)
    charge(provider, subscription.end_date + 21 * DAY)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.ACTIVE
    assert Renewal.objects.get().auto_renew


@pytest.mark.parametrize(
    ("state", "held"),
    [(OrderState.OPEN, {}), (OrderState.CLAIMED, {"lease_token": uuid4(), "lease_until": END + DAY})],
)
def test_renewal_that_is_ticked_on_a_page_paid_while_the_sweep_ends_it_is_agreed_to(
    state: OrderState, held: dict[str, object]
) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = on_its_way(renewal_order(subscription, END - SECOND), state, **held)
    swept(subscription)
    record_payment(order, money(), now=END + SECOND)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.ACTIVE
    assert Renewal.objects.get().auto_renew


def test_cancellation_holds_although_the_sweep_comes_before_the_order_is_closed() -> None:
    subscription = renewing()
    record_payment(renewal_order(subscription, NOW), money(transaction_id="tx_1"), now=NOW)
    subscription.refresh_from_db()
    end = subscription.end_date
    order = change_now(subscription, make_plan(name="Yearly", price=99, duration_days=365), end - DAY, UNSEEN)
    assert order
    on_its_way(order, OrderState.OPEN)
    Service.cancel_subscription(subscription, now=end - SECOND)
    Service.sweep(now=end)
    order.refresh_from_db()
    assert order.close_requested_at == end - SECOND
    payment = record_payment(order, money(str(order.amount)), now=end + SECOND)
    assert not payment.surplus
    assert not Renewal.objects.get().auto_renew


def test_page_paid_after_its_subscriber_left_agrees_to_nothing() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = on_its_way(renewal_order(subscription, NOW + DAY), OrderState.OPEN)
    Service.cancel_subscription(subscription, now=NOW + 2 * DAY)
    record_payment(order, money(), now=NOW + 2 * DAY + SECOND)
    assert not Renewal.objects.filter(auto_renew=True).exists()


@pytest.mark.parametrize("gives", [True, False])
def test_resuming_restores_the_agreement(provider: LedgerProvider, gives: bool) -> None:
    subscription = renewing()
    Service.cancel_subscription(subscription, now=NOW)
    if gives:  # it stays cancelled
        Service.give_days(subscription, 30, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW + DAY)
    charge(provider, subscription.end_date - DAY)
    charge(provider, subscription.end_date - SECOND)
    assert len(provider.successes()) == 1


def pay_the_difference(subscription: Subscription) -> Order:
    order = change_now(subscription, make_plan(name="Large", price="29.90"), NOW + DAY, UNSEEN)
    assert order is not None
    return order


def pay_the_next_period(subscription: Subscription) -> Order:
    return renewal_order(subscription, NOW + DAY)


def dispute(subscription: Subscription) -> None:
    fact = Fact(FactKind.DISPUTED, NOW, transaction_id="dp_1", of="tx_1", amount=Decimal("9.90"), currency="EUR")
    with transaction.atomic():
        record_dispute("manual", fact, NOW + 2 * DAY)


def remove_card(subscription: Subscription) -> None:
    remove_method(subscription.user, NOW + 2 * DAY)


def turn_renewal_off(subscription: Subscription) -> None:
    turn_off(Renewal.objects.get(), NOW + 2 * DAY)


def on_its_way(order: Order, state: OrderState = OrderState.PENDING, **fields: object) -> Order:
    """Let the order be paid on the page, with automatic renewal ticked, by a debit that arrives later."""
    wanted = {"way": Order.Way.PAGE, "reference": "page_1", "renews": True, "consented_at": NOW + DAY}
    Order.objects.filter(pk=order.pk).update(state=state, provider=LedgerProvider.name, **wanted, **fields)
    order.refresh_from_db()
    return order


@pytest.mark.parametrize("end", [dispute, remove_card, turn_renewal_off])
@pytest.mark.parametrize("pay", [pay_the_next_period, pay_the_difference])
def test_agreement_that_its_owner_ended_does_not_come_back_with_a_debit_on_its_way(
    end: Callable[[Subscription], None], pay: Callable[[Subscription], Order]
) -> None:
    subscription = renewing()
    record_payment(renewal_order(subscription, NOW), money(transaction_id="tx_1"), now=NOW)
    subscription.refresh_from_db()
    order = on_its_way(pay(subscription))
    end(subscription)
    record_payment(order, money(str(order.amount)), now=NOW + 9 * DAY)
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert not Renewal.objects.get().auto_renew


@pytest.mark.parametrize("end", [dispute, turn_renewal_off])
def test_debit_that_is_asked_about_while_its_owner_ends_renewal_brings_no_agreement_back(
    end: Callable[[Subscription], None],
) -> None:
    subscription = renewing()
    record_payment(renewal_order(subscription, NOW), money(transaction_id="tx_1"), now=NOW)
    subscription.refresh_from_db()
    order = on_its_way(
        pay_the_difference(subscription), OrderState.CLAIMED, lease_token=uuid4(), lease_until=NOW + 3 * DAY
    )
    end(subscription)
    record_payment(order, money(str(order.amount)), now=NOW + 9 * DAY)
    assert not Renewal.objects.get().auto_renew


def test_first_period_on_its_way_is_not_renewed_after_its_owner_has_removed_their_cards() -> None:
    order = on_its_way(first_order())
    make_method(order.user)
    remove_method(order.user, NOW + 2 * DAY)
    record_payment(order, money(), now=NOW + 9 * DAY)
    assert not Renewal.objects.filter(auto_renew=True).exists()


def test_withdrawn_renewal_does_not_come_back_with_a_change_on_its_way() -> None:
    subscription = renewing()
    withdrawn = pay_the_next_period(subscription)
    order = on_its_way(pay_the_difference(subscription))
    assert withdraw(withdrawn, NOW + 2 * DAY)
    record_payment(order, money(str(order.amount)), now=NOW + 9 * DAY)
    assert not Renewal.objects.get().auto_renew
