"""Orders of automatic renewals."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest

from payments.charging.renewal_orders import open_orders
from payments.models import Order, OrderState, Renewal
from payments.orders.opening import open_renewal
from subscriptions.models import Plan, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.charging.renewal_orders import (
    DAY,
    DUE,
    END,
    charge,
    committed_before_the_locks,
    open_at,
    renewing,
)
from tests.support.factories import MONTH, NOW
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize("before", [HOUR + 30 * SECOND, HOUR / 2])
def test_order_that_opens_in_the_last_hours_is_tried_before_access_ends(
    provider: LedgerProvider, before: timedelta
) -> None:
    spread = timedelta(minutes=renewing().pk % 1200)
    Plan.objects.update(grace_days=0)
    assert open_at(END - before) == 1
    assert Order.objects.get().due_at == max(END - before, min(END - before + spread, END - HOUR))


def test_order_opens_a_day_before_the_end_and_once(provider: LedgerProvider) -> None:
    subscription = renewing()
    assert open_at(DUE - SECOND) == 0
    assert open_at(DUE) == 1
    assert open_at(DUE + SECOND) == 0
    order = Order.objects.get()
    assert (order.subscription, order.period_start, order.way) == (subscription, END, Order.Way.CHARGE)
    assert order.due_at is not None
    assert DUE <= order.due_at < END
    charge(provider, END - SECOND)
    subscription.refresh_from_db()
    assert subscription.end_date == END + MONTH


def test_more_subscriptions_than_a_batch_are_all_opened() -> None:
    for _number in range(5):
        renewing()
    assert open_orders(LedgerProvider.name, DUE, lambda: timedelta(minutes=1), batch=2) == 5


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.CLAIMED, OrderState.PENDING, OrderState.VOID])
def test_order_that_was_committed_just_before_the_locks_is_seen(
    state: OrderState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another charger has opened it, and may be at it, while the claim read what was there before."""
    subscription, other = renewing(), renewing()

    def open_meanwhile() -> None:
        order = open_renewal(subscription, DUE, UNSEEN)
        fields: dict[str, object] = {"finished_at": DUE} if state is OrderState.VOID else {"due_at": END}
        if state is OrderState.CLAIMED:
            fields |= {"lease_token": uuid4(), "lease_until": END}
        Order.objects.filter(pk=order.pk).update(state=state, **fields)

    monkeypatch.setattr(SubscriptionQuerySet, "claim", committed_before_the_locks(open_meanwhile))
    assert open_at(DUE) == (2 if state is OrderState.VOID else 1)
    assert Order.objects.filter(subscription=other).count() == 1
    if state is not OrderState.VOID:
        assert list(Order.objects.filter(subscription=subscription).values_list("state", "due_at")) == [(state, END)]


def test_agreement_that_ended_just_before_the_locks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    subscription = renewing()
    end = partial(Renewal.objects.filter(subscription=subscription).update, auto_renew=False)
    monkeypatch.setattr(SubscriptionQuerySet, "claim", committed_before_the_locks(end))
    assert open_at(DUE) == 0
    assert not Order.objects.exists()
    subscription.refresh_from_db()
    assert subscription.grace_until is None


def test_nobody_is_charged_more_than_they_agreed_to(provider: LedgerProvider) -> None:
    subscription = renewing()
    plan = subscription.plan
    plan.price = Decimal("19.90")
    plan.save()
    open_at(DUE)
    assert Order.objects.get().amount == Decimal("9.90")
    charge(provider, END - SECOND)
    assert [fact.amount for fact in provider.since(NOW)] == [Decimal("9.90")]


@pytest.mark.parametrize("change", [{"auto_renew": False}, {"method": None}])
def test_subscription_that_does_not_renew_by_itself_gets_no_order(change: dict[str, object]) -> None:
    renewing()
    Renewal.objects.update(**change)
    assert open_at(DUE) == 0


def test_subscription_whose_method_was_removed_gets_no_order() -> None:
    subscription = renewing()
    subscription.user.payment_methods.update(removed_at=NOW)
    assert open_at(DUE) == 0


def test_cancelled_subscription_gets_no_order() -> None:
    Service.cancel_subscription(renewing(), now=NOW)
    assert open_at(DUE) == 0


def test_cancelling_makes_an_order_void_of_which_the_provider_knows_nothing(provider: LedgerProvider) -> None:
    subscription = renewing()
    open_at(DUE)
    Service.cancel_subscription(subscription, now=DUE)
    assert Order.objects.get().state == OrderState.VOID
    charge(provider, END - SECOND)
    assert provider.successes() == []


def test_cancelling_after_a_declined_try_closes_the_charge(provider: LedgerProvider) -> None:
    subscription = renewing("declined")
    open_at(DUE)
    charge(provider, END - SECOND)
    Service.cancel_subscription(subscription, now=END - SECOND)
    assert Order.objects.get().is_open
    assert "close" not in provider.calls()
    charge(provider, END - SECOND)
    assert Order.objects.get().state == OrderState.VOID
    assert provider.calls()[-1] == "close"


def test_money_that_moved_before_a_cancellation_gives_the_period_and_stays_cancelled(provider: LedgerProvider) -> None:
    subscription = renewing()
    open_at(DUE)
    order = Order.objects.get()
    order.reference = provider.prepare(order, subscription.user.payment_methods.get(), 1)
    order.state = OrderState.UNKNOWN
    order.save()
    provider.charge(order.reference, subscription.user.payment_methods.get(), 1)
    Service.cancel_subscription(subscription, now=DUE)
    charge(provider, END - SECOND)
    subscription.refresh_from_db()
    assert Order.objects.get().state == OrderState.PAID
    assert (subscription.status, subscription.end_date) == (Subscription.Status.CANCELLED, END + MONTH)


def test_resumed_subscription_gets_another_order() -> None:
    subscription = renewing()
    open_at(DUE)
    Service.cancel_subscription(subscription, now=DUE)
    Service.reactivate_subscription(subscription, now=DUE + SECOND)
    assert open_at(DUE + 2 * SECOND) == 1
    assert Order.objects.unfinished().count() == 1


def test_renewal_by_an_operator_ends_the_order_that_waited(provider: LedgerProvider) -> None:
    subscription = renewing()
    open_at(DUE)
    Service.give_days(subscription, 30, now=DUE)
    assert Order.objects.get().state == OrderState.VOID
    charge(provider, END - SECOND)
    assert provider.successes() == []


def test_expiry_gives_up_an_order_that_was_tried(provider: LedgerProvider) -> None:
    subscription = renewing("declined")
    open_at(DUE)
    charge(provider, END - SECOND)
    Service.cancel_now(subscription, now=END - SECOND)
    order = Order.objects.get()
    assert order.state == OrderState.GIVEN_UP
    charge(provider, END)
    assert provider.calls()[-1] == "close"
    assert Order.objects.get().close_requested_at is None
    assert open_renewal(subscription, END + DAY, UNSEEN).is_open


def test_order_that_the_subscriber_opened_is_charged_too(provider: LedgerProvider) -> None:
    subscription = renewing()
    open_renewal(subscription, NOW, UNSEEN)
    open_at(DUE)
    charge(provider, END - SECOND)
    assert Order.objects.get().state == OrderState.PAID


def test_order_that_the_subscriber_opened_at_another_price_is_replaced(provider: LedgerProvider) -> None:
    subscription = renewing()
    plan = subscription.plan
    plan.price = Decimal("19.90")
    plan.save()
    open_renewal(subscription, NOW, UNSEEN)
    open_at(DUE)
    charge(provider, END - SECOND)
    assert [fact.amount for fact in provider.since(NOW)] == [Decimal("9.90")]


def test_subscriber_who_renews_by_hand_gets_the_order_that_is_charged(provider: LedgerProvider) -> None:
    subscription = renewing("declined")
    open_at(DUE)
    charge(provider, END - SECOND)
    assert open_renewal(subscription, END - SECOND, UNSEEN) == Order.objects.get()


def test_access_goes_on_for_the_plans_grace_period_from_the_moment_the_order_opens(provider: LedgerProvider) -> None:
    subscription = renewing("declined")
    open_at(DUE)
    charge(provider, END - SECOND)
    subscription.refresh_from_db()
    assert subscription.grace_until == END + 7 * DAY
    assert Service.sweep(now=END + 7 * DAY - timedelta(microseconds=1)).expired == 0
    assert Service.sweep(now=END + 7 * DAY).expired == 1
    assert Order.objects.get().state == OrderState.GIVEN_UP


def test_shorter_grace_period_of_the_plan_shortens_the_tries(provider: LedgerProvider) -> None:
    subscription = renewing("declined")
    Plan.objects.filter(pk=subscription.plan_id).update(grace_days=1)
    open_at(DUE)
    for days in range(8):
        charge(provider, DUE + days * DAY + timedelta(hours=21))
    assert provider.calls().count("charge") == 2


def test_payment_ends_the_grace_period(provider: LedgerProvider) -> None:
    subscription = renewing()
    open_at(DUE)
    charge(provider, END - SECOND)
    subscription.refresh_from_db()
    assert (subscription.grace_until, subscription.end_date) == (None, END + MONTH)


def test_money_on_its_way_extends_the_grace_period_and_renews_from_the_old_end(provider: LedgerProvider) -> None:
    subscription = renewing("sepa")
    open_at(DUE)
    charge(provider, END - SECOND)
    subscription.refresh_from_db()
    assert subscription.grace_until == END + 14 * DAY
    provider.settle_pending(Order.objects.get().reference, arrives=True)
    charge(provider, END + 10 * DAY)
    subscription.refresh_from_db()
    assert subscription.end_date == END + MONTH


def test_money_that_arrives_after_the_end_renews_what_has_expired(provider: LedgerProvider) -> None:
    subscription = renewing("sepa")
    open_at(DUE)
    charge(provider, END - SECOND)
    Service.sweep(now=END + 15 * DAY)
    provider.settle_pending(Order.objects.get().reference, arrives=True)
    charge(provider, END + 16 * DAY)
    subscription.refresh_from_db()
    assert Order.objects.get().state == OrderState.PAID
    assert subscription.is_live(END + 16 * DAY)
    assert subscription.status == Subscription.Status.ACTIVE
    assert Renewal.objects.get().auto_renew
