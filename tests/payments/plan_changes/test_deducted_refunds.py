"""Refunds around a change of plan: deducted once, from the credit or from what the change bought."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from payments.models import Order, OrderState, Payment, Refund
from payments.orders.opening import open_renewal
from payments.plan_changes.change_orders import change_now
from payments.plan_changes.unused_value import unused_value
from payments.providers.interface import Fact, FactKind
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.outside_refunds import ReturnedOutside, record_outside
from payments.refunds.requests import request_refund
from payments.refunds.returned_money import record_dispute, record_failed_refund, record_refund
from payments.refunds.withdrawal import returned_amount
from subscriptions.models import Subscription
from subscriptions.terms import UNSEEN
from tests.payments.opened_orders import first_order
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
CHANGED = NOW + 10 * DAY


@pytest.fixture(autouse=True)
def fourteen_days(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER, settings.WITHDRAWAL_DAYS = "manual", 14


def through_bank(order: Order) -> MoneyReceived:
    return MoneyReceived("bank", f"t-{order.pk}", order.amount, order.currency, NOW)


@pytest.fixture
def request_() -> Refund:
    """Return the request to give back 10 of 30 EUR, a day before the plan changes."""
    order = first_order(make_plan(price=30))
    paid = record_payment(order, through_bank(order), now=NOW)
    return request_refund(paid, Decimal(10), "a wish", ends_now=False, now=CHANGED - DAY, actor=None)


def change() -> Payment:
    """Change to a plan of 60 EUR per 30 days; its order credits 20 EUR less the 10 that were asked back."""
    order = change_now(Subscription.objects.get(), make_plan(name="Larger", price=60), CHANGED, UNSEEN)
    assert order
    assert order.credit == 10
    Order.objects.filter(pk=order.pk).update(consented_at=CHANGED, way=Order.Way.PAGE)
    order.refresh_from_db()
    return record_payment(order, through_bank(order), now=CHANGED)


def fact(request: Refund, kind: FactKind = FactKind.REFUNDED) -> Fact:
    of, reference = request.payment.transaction_id, str(request.key)
    return Fact(kind, CHANGED, reference=reference, transaction_id="re-1", of=of, amount=Decimal(10), currency="EUR")


def left(now_days: int = 3) -> tuple[Decimal | int, Decimal | int]:
    """Return what a withdrawal gives back, and what another change credits, days after the change."""
    at, payment = CHANGED + now_days * DAY, Payment.objects.filter(kind="payment").latest("pk")
    return returned_amount(payment, at), unused_value(Subscription.objects.get(), at, "EUR")


def test_refund_asked_for_before_a_change_and_recorded_after_it_is_deducted_once(request_: Refund) -> None:
    change()
    assert left() == (54, 54)
    record_refund("bank", fact(request_), CHANGED + 2 * DAY)
    assert left() == (54, 54)


def test_refund_recorded_before_a_change_is_deducted_once(request_: Refund) -> None:
    record_refund("bank", fact(request_), CHANGED - DAY)
    change()
    assert left() == (54, 54)


def test_refund_asked_for_after_a_change_is_deducted_from_what_it_bought(request_: Refund) -> None:
    change()
    again = request_refund(request_.payment, Decimal(5), "", ends_now=False, now=CHANGED + DAY, actor=None)
    assert left() == (49, 49)
    record_refund("bank", fact(request_), CHANGED + 2 * DAY)
    record_refund("bank", replace(fact(again), transaction_id="re-2", amount=Decimal(5)), CHANGED + DAY)
    assert left() == (49, 49)


def test_refund_of_all_that_finishes_an_earlier_request_is_deducted_without_it(request_: Refund) -> None:
    change()
    by_dashboard = replace(fact(request_), reference="", amount=Decimal(30))
    record_refund("bank", by_dashboard, CHANGED + DAY)
    request_.refresh_from_db()
    assert request_.state == "done"
    assert left() == (34, 34)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_refund_that_fails_after_a_change_is_owed_as_money_and_is_no_value_again(
    request_: Refund, *, is_recorded: bool
) -> None:
    Refund.objects.update(attempts=1, state=Refund.State.PENDING)
    if is_recorded:
        record_refund("bank", fact(request_), CHANGED - DAY)
    change()
    record_failed_refund("bank", fact(request_, FactKind.REFUND_FAILED), CHANGED + DAY)
    assert left() == (54, 54)
    request_.refresh_from_db()
    seen = ReturnedOutside("iban-1", Decimal(10), by_provider=False)
    record_outside(request_, seen, "by transfer", now=CHANGED + 2 * DAY, actor=make_user())
    assert left() == (54, 54)


def test_refund_of_a_period_that_was_over_is_no_value_of_the_change_when_it_fails(request_: Refund) -> None:
    """What a change credits is unused, and nothing of such a period is."""
    Refund.objects.update(attempts=1, state=Refund.State.PENDING)
    subscription = Subscription.objects.get()
    order = open_renewal(subscription, CHANGED, UNSEEN)
    record_payment(order, through_bank(order), now=CHANGED)
    at = CHANGED + 35 * DAY
    larger = change_now(Subscription.objects.get(), make_plan(name="Larger", price=60), at, UNSEEN)
    assert larger
    assert larger.credit == 15
    payment = record_payment(larger, through_bank(larger), now=at)
    before = returned_amount(payment, at + DAY), unused_value(Subscription.objects.get(), at + DAY, "EUR")
    record_failed_refund("bank", fact(request_, FactKind.REFUND_FAILED), at + DAY)
    assert (returned_amount(payment, at + DAY), unused_value(Subscription.objects.get(), at + DAY, "EUR")) == before


def test_refund_that_only_its_failure_tells_of_was_never_deducted(request_: Refund) -> None:
    change()
    by_dashboard = replace(fact(request_, FactKind.REFUND_FAILED), reference="", made_at=CHANGED - DAY)
    record_failed_refund("bank", by_dashboard, CHANGED + DAY)
    assert left() == (54, 54)


@pytest.mark.parametrize("lost_dispute", ["ends", "keeps"])
def test_lost_dispute_closes_the_order_of_a_change_that_credits_what_it_took(
    settings: LazySettings, lost_dispute: str
) -> None:
    settings.LOST_DISPUTE = lost_dispute
    order = first_order(make_plan(price=30))
    paid = record_payment(order, through_bank(order), now=NOW)
    change_order = change_now(Subscription.objects.get(), make_plan(name="Larger", price=60), CHANGED, UNSEEN)
    assert change_order
    assert change_order.credit == 20
    dispute = Fact(FactKind.DISPUTE_LOST, CHANGED, transaction_id="dp-1", of=paid.transaction_id, amount=paid.amount)
    record_dispute("bank", replace(dispute, currency="EUR"), CHANGED)
    change_order.refresh_from_db()
    assert change_order.state == OrderState.VOID
