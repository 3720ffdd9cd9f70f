"""Orders whose subscription ends, or is cancelled, while the charger has them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.charging import claims
from payments.charging.claims import Claim
from payments.charging.renewal_orders import open_orders
from payments.hosted_page import begin
from payments.models import Order, OrderState, Payment, PaymentMethod, Renewal
from payments.orders import fence
from payments.orders.consents import Consent
from payments.plan_changes.change_orders import change_now
from payments.providers.interface import Outcome, OutcomeKind
from payments.received_money.settling import settle
from payments.renewal.automatic_renewal import price_of, turn_off, turn_on
from subscriptions.models import Subscription
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.charging.renewal_orders import DAY, DUE, END, agree, charge, due_order, make_method
from tests.payments.opened_orders import renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LATE = END + DAY


def late_order(provider: LedgerProvider, charged_as: str = "declined") -> Order:
    """Open a renewal order of a subscription whose paid time is over, and whose first charge was tried."""
    user = make_user()
    subscription = Service.create_subscription(user, make_plan(), now=NOW)
    agree(subscription, make_method(user, charged_as))
    open_orders(LedgerProvider.name, DUE, lambda: timedelta(minutes=1))
    charge(provider, END - HOUR)
    return Order.objects.get()


def cancel() -> None:
    """Cancel the subscription whose payment is late: it ends at once."""
    subscription = Subscription.objects.get()
    Service.cancel_subscription(subscription, now=LATE)
    assert subscription.status == Subscription.Status.EXPIRED


def would_now_succeed() -> None:
    PaymentMethod.objects.update(token="ok_now")


def test_late_subscriber_who_cancels_is_not_charged_although_an_answer_was_lost(provider: LedgerProvider) -> None:
    order = late_order(provider)
    Order.objects.update(state=OrderState.UNKNOWN, due_at=LATE)
    would_now_succeed()
    provider.cancel(order.reference)
    cancel()
    for hours in range(1, 200, 24):
        charge(provider, LATE + hours * HOUR)
    assert provider.successes() == []
    assert not Order.objects.get().is_open
    assert Subscription.objects.get().status == Subscription.Status.EXPIRED


def test_late_subscriber_who_cancels_during_a_charge_is_not_charged_later(provider: LedgerProvider) -> None:
    order = late_order(provider)

    claimed = claims.claim(provider.name, 10, LATE)
    assert claimed.orders == [order]
    cancel()
    assert claimed.release(claimed.orders[0], OrderState.OPEN, LATE + DAY)
    would_now_succeed()
    charge(provider, LATE + 2 * DAY)
    charge(provider, LATE + 3 * DAY)
    assert provider.successes() == []
    assert not Order.objects.get().is_open


def cancel_late() -> None:
    Service.cancel_subscription(Subscription.objects.get(), now=LATE)


def turn_renewal_off() -> None:
    turn_off(Renewal.objects.get(), LATE)


@pytest.mark.parametrize("stop", [cancel_late, turn_renewal_off])
def test_charge_that_has_not_begun_when_the_subscriber_stops_it_never_begins(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch, stop: Callable[[], None]
) -> None:
    late_order(provider)
    would_now_succeed()
    submit = Claim.submit

    def stopped_first(*args: Any) -> list[Order]:
        stop()
        monkeypatch.setattr(Claim, "submit", submit)
        return submit(*args)

    monkeypatch.setattr(Claim, "submit", stopped_first)
    charge(provider, LATE + DAY)
    charge(provider, LATE + DAY + MINUTE)
    assert provider.successes() == []
    assert not Order.objects.get().is_open
    assert not Subscription.objects.get().is_live(LATE)


def test_money_on_its_way_of_a_late_subscriber_who_cancels_gives_one_period_and_no_more(
    provider: LedgerProvider,
) -> None:
    order = late_order(provider, "sepa")
    assert order.state == OrderState.PENDING
    cancel()
    provider.settle_pending(order.reference, arrives=True)
    charge(provider, LATE + DAY)
    assert Order.objects.get().state == OrderState.PAID
    subscription = Subscription.objects.get()
    assert (subscription.status, subscription.is_live(LATE + DAY)) == (Subscription.Status.CANCELLED, True)


@pytest.mark.parametrize("way", [Order.Way.CHARGE, Order.Way.PAGE])
@pytest.mark.parametrize("ends", ["late", "cancelled, then swept", "at once"])
def test_subscription_that_somebody_ended_stays_cancelled_when_its_debit_arrives(
    provider: LedgerProvider, way: str, ends: str
) -> None:
    order = debited_order(provider, way, END - HOUR if ends != "late" else LATE)
    subscription = Subscription.objects.get()
    if ends == "late":
        Service.cancel_subscription(subscription, now=LATE + HOUR, actor=subscription.user)
    elif ends == "at once":
        Service.cancel_now(subscription, now=END - HOUR / 2, actor=make_user())
    else:
        Service.cancel_subscription(subscription, now=END - HOUR / 2, actor=subscription.user)
        Service.sweep(now=END)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.EXPIRED

    arrive(provider, order)
    charge(provider, LATE + DAY)
    subscription.refresh_from_db()
    assert not Payment.objects.get().surplus
    assert (subscription.status, subscription.is_live(LATE + DAY)) == (Subscription.Status.CANCELLED, True)
    for hours in (25, 12, 1):
        charge(provider, subscription.end_date - hours * HOUR)
    assert len(provider.successes()) == 1


@pytest.mark.parametrize("way", [Order.Way.CHARGE, Order.Way.PAGE])
def test_renewal_that_was_turned_off_stays_off_when_the_debit_arrives(provider: LedgerProvider, way: str) -> None:
    order = debited_order(provider, way, END - HOUR)
    turn_off(Renewal.objects.get(), END - HOUR / 2)
    arrive(provider, order)
    charge(provider, END)
    subscription = Subscription.objects.get()
    assert not Payment.objects.get().surplus
    assert (subscription.status, Renewal.objects.get().auto_renew) == (Subscription.Status.ACTIVE, False)
    for hours in (25, 12, 1):
        charge(provider, subscription.end_date - hours * HOUR)
    assert len(provider.successes()) == 1


@pytest.mark.parametrize("way", [Order.Way.CHARGE, Order.Way.PAGE])
def test_renewal_that_was_turned_on_again_stays_on_when_the_debit_arrives(provider: LedgerProvider, way: str) -> None:
    order = debited_order(provider, way, END - HOUR)
    agreed = Renewal.objects.get()
    turn_off(agreed, END - HOUR / 2)
    turn_on(agreed.subscription, price_of(agreed.subscription, agreed), "2", END - HOUR / 4)
    arrive(provider, order)
    charge(provider, END)
    assert Order.objects.get().state == OrderState.PAID
    agreed.refresh_from_db()
    assert (agreed.auto_renew, agreed.terms, agreed.agreed_at) == (True, "2", END - HOUR / 4)


@pytest.mark.parametrize("resumed", [True, False])
def test_debit_of_a_subscription_that_nobody_ended_renews_it_after_the_sweep(
    provider: LedgerProvider, *, resumed: bool
) -> None:
    order = debited_order(provider, Order.Way.PAGE, END - HOUR)
    if resumed:
        Service.cancel_subscription(Subscription.objects.get(), now=END - HOUR / 2)
        Service.reactivate_subscription(Subscription.objects.get(), now=END - HOUR / 2)
    Service.sweep(now=END + 20 * DAY)
    assert Subscription.objects.get().status == Subscription.Status.EXPIRED
    arrive(provider, order)
    charge(provider, END + 21 * DAY)
    assert Subscription.objects.get().status == Subscription.Status.ACTIVE


def test_change_whose_debit_fails_after_the_old_end_waits_for_nobody(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(provider.path))
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = change_now(subscription, make_plan(name="Yearly", price=99, duration_days=365), DUE, UNSEEN)
    assert order is not None
    begin(order, provider, Consent("", renews=True), "", DUE)
    settle(order, Outcome(OutcomeKind.PENDING), DUE)
    Service.sweep(now=END)
    provider.close(order.reference)
    charge(provider, LATE)
    order.refresh_from_db()
    assert (order.state, order.finished_at) == (OrderState.GIVEN_UP, LATE)


def debited_order(provider: LedgerProvider, way: str, at: datetime) -> Order:
    """Open a renewal order, of which a debit by this way is on its way since `at`."""
    if way == Order.Way.CHARGE and at < END:
        return late_order(provider, "sepa")
    order = late_order(provider)
    if way == Order.Way.CHARGE:
        PaymentMethod.objects.update(token="sepa_now")
        charge(provider, at)
    else:
        begin(order, provider, Consent("", renews=True), "", at)
        settle(order, Outcome(OutcomeKind.PENDING), at)
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    return order


def arrive(provider: LedgerProvider, order: Order) -> None:
    if order.way == Order.Way.PAGE:
        assert provider.pay_page(order.reference)
    else:
        provider.settle_pending(order.reference, arrives=True)


@pytest.mark.parametrize("paid", [True, False])
def test_renewal_that_was_paid_on_the_page_before_the_end_is_given_after_it(
    provider: LedgerProvider, *, paid: bool
) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(subscription, END - HOUR)
    fence.take_way(order, Order.Way.PAGE, provider.name)
    fence.store_reference(order, provider.begin(order, "", "").reference)
    if paid:
        provider.pay_page(order.reference)
    Service.sweep(now=END)
    charge(provider, END + HOUR)
    subscription.refresh_from_db()
    assert Order.objects.get().state == (OrderState.PAID if paid else OrderState.VOID)
    assert subscription.is_live(END + HOUR) is paid
    assert not Payment.objects.filter(surplus=True).exists()


def test_plan_that_is_planned_during_a_declined_charge_is_charged_in_time(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()
    subscription = Service.create_subscription(user, make_plan(), now=NOW)
    agree(subscription, make_method(user, "declined"))
    small, first_try = make_plan(name="Small", price=5), END - 14 * HOUR
    open_orders(LedgerProvider.name, DUE, lambda: MINUTE)
    Order.objects.update(due_at=first_try)
    submit = Claim.submit

    def planned_after(*args: Any) -> list[Order]:
        submitted = submit(*args)
        monkeypatch.setattr(Claim, "submit", submit)
        change_plan(subscription, small, now=first_try, actor=user)
        return submitted

    monkeypatch.setattr(Claim, "submit", planned_after)
    charge(provider, first_try)
    assert len(provider.refused()) == 1
    would_now_succeed()
    charge(provider, first_try + MINUTE)
    charge(provider, END - HOUR)
    assert Order.objects.get(plan=small).state == OrderState.PAID
    assert Order.objects.exclude(plan=small).get().state == OrderState.VOID


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.NEEDS_SUBSCRIBER, OrderState.UNKNOWN])
@pytest.mark.parametrize("due_at", [None, DUE + HOUR])
def test_order_that_is_to_be_closed_stays_due_whatever_the_charger_gives_back(
    provider: LedgerProvider, state: OrderState, due_at: datetime | None
) -> None:
    due_order("lost")
    claimed = claims.claim(provider.name, 10, DUE)
    Service.cancel_subscription(Subscription.objects.get(), now=DUE)
    claimed.release(claimed.orders[0], state, due_at)
    charge(provider, DUE + MINUTE)
    assert Order.objects.get().state == OrderState.VOID


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.NEEDS_SUBSCRIBER])
def test_order_that_is_to_be_closed_stays_due_although_its_subscriber_has_just_opened_another_page(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch, state: OrderState
) -> None:
    order = due_order("lost")
    take_way = fence.take_way
    pages = [provider.begin(order, "", "").reference for _page in range(2)]
    Order.objects.update(state=state, way=Order.Way.PAGE, reference=pages[0])
    order.refresh_from_db()
    Service.cancel_subscription(Subscription.objects.get(), now=DUE)

    def take_after_the_subscriber(*args: Any) -> bool:
        if take_way(order, Order.Way.PAGE, provider.name):
            assert fence.store_reference(order, pages[1])
        return take_way(*args)

    monkeypatch.setattr(fence, "take_way", take_after_the_subscriber)
    charge(provider, DUE)
    monkeypatch.undo()
    assert Order.objects.get().reference == pages[1]
    charge(provider, DUE + 2 * HOUR)
    assert Order.objects.get().state == OrderState.VOID
    assert provider.references("closed") == pages


def test_order_that_is_to_be_closed_is_void_when_another_amount_was_paid_on_its_page(provider: LedgerProvider) -> None:
    order = due_order()
    page = provider.begin(order, "", "").reference
    Order.objects.update(way=Order.Way.PAGE, reference=page, amount=Decimal("19.90"))
    assert provider.pay_page(page)
    Service.cancel_subscription(Subscription.objects.get(), now=DUE)
    for _run in ("records the money", "closes the page"):
        charge(provider, DUE)
    assert Payment.objects.get().surplus
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == (OrderState.VOID, None)
