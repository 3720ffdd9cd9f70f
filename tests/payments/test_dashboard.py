"""Dashboard card of payments."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.db import transaction

from foundation.dashboard.cards import Period
from payments import statistics
from payments.announcements import announce_failed
from payments.dashboard import payments_card
from payments.models import Attempt, PaymentMethod, Renewal
from payments.received_money.recording import record_payment
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import first_order, money
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def agree(amount: str, currency: str = "EUR", *, months: int = 0, days: int = 30) -> Subscription:
    """Return a live subscription whose subscriber agreed to renew it for this amount."""
    plan = make_plan(duration_months=months, duration_days=days, currency=currency, price=Decimal(amount))
    subscription = Service.create_subscription(make_user(), plan, now=NOW)
    method = PaymentMethod.objects.create(user=subscription.user, provider="stripe", token=f"pm_{subscription.pk}")
    Renewal.objects.create(
        subscription=subscription,
        auto_renew=True,
        method=method,
        amount=Decimal(amount),
        currency=currency,
        agreed_at=NOW,
    )
    return subscription


def test_revenue_is_summed_per_day_and_currency() -> None:
    for at, amount, currency in [(NOW, "9.90", "EUR"), (NOW, "9.90", "EUR"), (NOW + DAY, "500", "JPY")]:
        plan = make_plan(price=Decimal(amount), currency=currency)
        record_payment(first_order(plan), money(amount, currency), now=at)

    rows = [(row.day, row.currency, row.amount) for row in statistics.revenue_by_day(NOW)]
    assert rows == [(NOW.date(), "EUR", Decimal("19.80")), ((NOW + DAY).date(), "JPY", Decimal("500"))]
    assert statistics.revenue_by_day(NOW + 2 * DAY) == []


@pytest.mark.usefixtures("through_stripe")
def test_recurring_revenue_counts_what_is_agreed_and_goes_on() -> None:
    agree("120.00", months=12)
    agree("9.90", months=1)
    agree("700", "JPY", days=7)
    Service.cancel_subscription(agree("50.00", months=1), now=NOW)
    Renewal.objects.filter(pk=agree("60.00", months=1).renewal.pk).update(auto_renew=False)
    PaymentMethod.objects.filter(user=agree("70.00", months=1).user).update(removed_at=NOW)

    assert statistics.monthly_recurring_revenue(NOW) == {"EUR": Decimal("19.90"), "JPY": Decimal(3044)}


def test_order_that_was_paid_after_a_failed_try_is_recovered() -> None:
    order, at_once = first_order(), first_order()
    Attempt.objects.create(order=order, number=1, way="charge", begun_at=NOW, ended_at=NOW, outcome="declined")
    with transaction.atomic():
        announce_failed(order, "insufficient_funds", NOW + DAY, NOW)
    record_payment(order, money(), now=NOW + DAY)
    record_payment(at_once, money(), now=NOW + DAY)

    assert statistics.recovered(NOW) == 1
    assert statistics.failed_by_day(NOW) == {NOW.date(): 1}


@pytest.mark.parametrize("outcome", ["requires_action", "pending"])
def test_order_that_was_paid_after_another_failure_than_a_decline_is_recovered(outcome: str) -> None:
    order = first_order()
    Attempt.objects.create(order=order, number=1, way="charge", begun_at=NOW, ended_at=NOW, outcome=outcome)
    with transaction.atomic():
        announce_failed(order, "", None, NOW)
    record_payment(order, money(), now=NOW + DAY)

    assert statistics.recovered(NOW) == sum(statistics.failed_by_day(NOW).values()) == 1


def test_debit_of_the_page_that_failed_and_was_paid_later_is_recovered_once() -> None:
    order = first_order()
    with transaction.atomic():  # no try is written for it
        announce_failed(order, "debit_not_authorized", None, NOW)
        announce_failed(order, "debit_not_authorized", None, NOW)
    record_payment(order, money(), now=NOW + DAY)

    assert statistics.recovered(NOW) == 1


def test_late_unknown_and_surplus_are_counted() -> None:
    late = agree("9.90", months=1)
    Service.grant_grace(late, late.end_date + 7 * DAY, now=NOW)
    record_payment(first_order(), money("1.00"), now=NOW)

    waiting = statistics.standing(late.end_date)
    assert (waiting.late, waiting.unknown, waiting.surplus) == (1, 0, 1)
    assert statistics.standing(NOW + MONTH - 5 * DAY).late == 0


def test_card_alerts_of_money_that_no_order_waits_for(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    record_payment(first_order(), money("1.00"), now=NOW)

    card = payments_card(Period(NOW + DAY))
    assert [alert.text for alert in card.alerts] == [
        "1 payment arrived that no order waits for. Refund it, or give days and settle it."
    ]
    assert [chart.key for chart in card.charts] == ["revenue", "payments-failed"]


def test_card_of_a_site_without_payments_says_so(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = ""
    assert payments_card(Period(NOW)).empty == "Payments are off: PAYMENT_PROVIDER is empty."
