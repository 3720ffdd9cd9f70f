"""Withdrawal from a contract: the money back and access gone, once, within the days of the law."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from foundation import clock
from notifications.models import Notification
from notifications.ses.rendering import render_mail
from payments.errors import WithdrawalOver
from payments.models import Order, Payment, PaymentMethod, Refund, Renewal
from payments.models.payment import withdrawal_end
from payments.orders.consents import Consent, store_consent
from payments.orders.opening import open_first
from payments.plan_changes.unused_value import unused_value
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import request_refund
from payments.refunds.withdrawal import returned_amount, withdraw
from payments.renewal.automatic_renewal import turn_off
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from subscriptions.trials import start_trial
from tests.payments.opened_orders import first_order, renewal_order
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def fourteen_days(settings: LazySettings) -> None:
    settings.WITHDRAWAL_DAYS = 14


def pay(order: Order, now: datetime = NOW) -> Payment:
    """Record money that a provider took for the order."""
    return record_payment(order, MoneyReceived("bank", f"t-{order.pk}", order.amount, order.currency, now), now=now)


def consent(order: Order, *, begins_at_once: bool = True) -> Order:
    """Let the subscriber ask on the page for access before the time for withdrawal is over, if that is asked there."""
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE)
    store_consent(order, Consent("", order.renews, begins_at_once), NOW)
    order.refresh_from_db()
    return order


def test_withdrawal_ends_access_and_asks_for_all_the_money() -> None:
    payment = pay(first_order())

    request = withdraw(payment, NOW + 3 * DAY)

    assert request
    assert (request.amount, request.currency, request.state) == (Decimal("9.90"), "EUR", Refund.State.REQUESTED)
    assert not has_access(payment.order.user)  # type: ignore[union-attr] # the fixture's has one
    with pytest.raises(WithdrawalOver):
        withdraw(payment, NOW + 3 * DAY)
    assert Refund.objects.count() == 1


def test_withdrawal_is_confirmed_by_a_mail_with_its_time_and_recorded_as_the_subscribers() -> None:
    payment = pay(first_order())

    withdraw(payment, NOW + 3 * DAY)

    assert payment.order
    assert SubscriptionEvent.objects.get(transition="expired").actor == payment.order.user
    sent = render_mail(Notification.objects.get(channel="ses", event__transition="expired"))
    for body in (sent.text, sent.html):
        assert "You have withdrawn from the contract for Monthly." in body
        assert "We received the withdrawal on Dec. 4, 2026, 03:00 UTC. Your access ended with it." in body
        assert "cancel" not in body


@pytest.mark.parametrize(
    ("currency", "price", "back"), [("EUR", "9.90", "8.91"), ("JPY", "1000", "900"), ("KWD", "1.005", "0.905")]
)
def test_who_asked_to_begin_at_once_pays_for_the_time_until_then(currency: str, price: str, back: str) -> None:
    plan = make_plan(price=Decimal(price), currency=currency)
    payment = pay(consent(first_order(plan)))
    assert returned_amount(payment, NOW + MONTH / 10) == Decimal(back)


LAST = datetime(2026, 12, 17, tzinfo=UTC) - NOW
"""Time until the last hour of 16 December: the 14 days end a day before, and in some time zones on that day."""


@pytest.mark.parametrize(("after", "is_open"), [(DAY, True), (14 * DAY, True), (LAST - INSTANT, True), (LAST, False)])
def test_withdrawal_is_open_until_the_last_day_is_over_and_no_longer(after: timedelta, is_open: bool) -> None:
    assert bool(pay(first_order()).withdrawal_until(NOW + after)) is is_open


@pytest.mark.parametrize("hour", range(0, 7 * 24, 5))
def test_withdrawal_ends_nowhere_before_the_last_hour_of_a_working_day(hour: int) -> None:
    paid_at = NOW + timedelta(hours=hour)
    for offset in range(-12, 15):
        last = paid_at.astimezone(timezone(timedelta(hours=offset))).replace(hour=0, minute=0) + 14 * DAY
        while last.weekday() > 4:
            last += DAY
        assert last + DAY <= withdrawal_end(paid_at, 14) <= last + 5 * DAY


def added_to_a_live_subscription() -> tuple[Payment, datetime]:
    """Return the payment of a first order that another tab had left open when the ended subscription was renewed."""
    held = pay(first_order()).subscription
    assert held
    now = held.end_date + DAY
    Service.sweep(now=now)
    renewal, first = renewal_order(held, now), open_first(held.user, held.plan, now, UNSEEN)
    pay(renewal, now)
    return pay(consent(first), now), now


def test_withdrawal_from_a_period_that_has_not_begun_gives_all_back_and_leaves_the_one_before() -> None:
    payment, now = added_to_a_live_subscription()
    assert payment.subscription

    request = withdraw(payment, now + 3 * DAY)

    assert request
    assert request.amount == Decimal("9.90")
    held = Subscription.objects.get()
    assert (held.status, held.end_date) == ("cancelled", now + MONTH)
    assert has_access(held.user)
    event = held.events.latest("pk")
    assert (event.transition, event.actor) == ("cancelled", held.user)
    assert (event.old_end_date, event.new_end_date) == (now + 2 * MONTH, now + MONTH)
    with pytest.raises(WithdrawalOver):
        withdraw(payment, now + 3 * DAY)


def test_withdrawal_from_a_period_that_has_not_begun_is_confirmed_with_what_stays() -> None:
    payment, now = added_to_a_live_subscription()
    withdraw(payment, now + 3 * DAY)
    sent = render_mail(Notification.objects.get(channel="ses", event__transition="cancelled"))
    for body in (sent.text, sent.html):
        assert "You have withdrawn from the contract for a further period of Monthly." in body
        assert "Your subscription stays until Jan. 31, 2027, 03:00 UTC, and then ends by itself." in body
        assert "The withdrawal was received on Jan. 4, 2027, 03:00 UTC." in body


def test_page_of_a_period_that_has_not_begun_says_what_stays(client: Client) -> None:
    payment, now = added_to_a_live_subscription()
    assert payment.order
    with time_machine.travel(now + DAY, tick=False):
        client.force_login(payment.order.user)
        page = client.get(reverse("withdraw", args=[payment.pk])).content.decode()
    assert "with the period before" in page
    assert "9.90 EUR" in page
    assert "you pay for the time until now" not in page


@pytest.mark.parametrize(("days", "back", "status"), [(3, "9.90", "cancelled"), (10, "8.91", "expired")])
def test_period_paid_during_a_trial_is_paid_for_from_its_begin_on(days: int, back: str, status: str) -> None:
    order = consent(first_order(make_plan(trial_days=7)))
    start_trial(order.user, order.plan, now=NOW)
    request = withdraw(pay(order), NOW + days * DAY)
    assert request
    assert request.amount == Decimal(back)
    held = Subscription.objects.get()
    assert (held.status, held.end_date) == (status, NOW + max(days, 7) * DAY)


def test_period_renewed_after_a_withdrawal_during_the_trial_counts_and_is_withdrawn_from_alone() -> None:
    order = consent(first_order(make_plan(trial_days=7, price=30)))
    held = start_trial(order.user, order.plan, now=NOW)
    withdrawn = pay(order, NOW + DAY)
    withdraw(withdrawn, NOW + 2 * DAY)
    held.refresh_from_db()
    Service.reactivate_subscription(held, now=NOW + 3 * DAY)
    following = renewal_order(held, NOW + 6 * DAY)
    assert following.begins_contract
    renewed = pay(consent(following), NOW + 6 * DAY)
    withdrawn.refresh_from_db()
    assert renewed.subscription

    assert renewed.subscription.end_date == NOW + 7 * DAY + MONTH
    assert unused_value(renewed.subscription, NOW + 7 * DAY + MONTH / 2, "EUR") == Decimal(15)
    assert withdrawn.withdrawal_until(NOW + 7 * DAY) is None
    with pytest.raises(WithdrawalOver):
        withdraw(withdrawn, NOW + 7 * DAY)
    assert renewed.withdrawal_until(NOW + 7 * DAY)
    assert returned_amount(renewed, NOW + 7 * DAY) == Decimal(30)


def test_contract_before_a_period_that_was_taken_back_can_still_be_withdrawn_from() -> None:
    payment, now = added_to_a_live_subscription()
    before = Payment.objects.get(order__kind=Order.Kind.RENEWAL)
    assert before.withdrawal_until(now + 2 * DAY) is None
    withdraw(payment, now + 3 * DAY)
    before = Payment.objects.get(pk=before.pk)
    assert before.withdrawal_until(now + 4 * DAY)
    request = withdraw(before, now + 4 * DAY)
    assert request
    assert request.amount == Decimal("9.90")


def test_period_added_after_a_withdrawal_continues_what_was_paid_before() -> None:
    payment, now = added_to_a_live_subscription()
    assert payment.subscription
    withdraw(payment, now + DAY)
    Service.reactivate_subscription(Subscription.objects.get(), now=now + DAY)
    renewed = pay(renewal_order(Subscription.objects.get(), now + 2 * DAY), now + 2 * DAY)
    assert renewed.withdrawal_until(now + 3 * DAY) is None
    assert unused_value(Subscription.objects.get(), now + MONTH + MONTH / 2, "EUR") == Decimal("4.95")


@pytest.mark.parametrize(("asks", "back"), [(True, "1.00"), (False, "15.00")])
def test_what_went_back_or_is_to_go_back_is_not_given_back_again(asks: bool, back: str) -> None:
    order = first_order(make_plan(price=30))
    payment = pay(consent(order) if asks else order)
    request_refund(payment, Decimal(15), "a wish", ends_now=False, now=NOW + DAY, actor=None)
    assert returned_amount(payment, NOW + 14 * DAY) == Decimal(back)
    assert withdraw(payment, NOW + 14 * DAY)
    assert returned_amount(payment, NOW + 14 * DAY) == 0


def test_withdrawal_after_more_went_back_than_is_unused_gives_nothing() -> None:
    payment = pay(consent(first_order(make_plan(price=30))))
    request_refund(payment, Decimal(25), "a wish", ends_now=False, now=NOW + DAY, actor=None)
    assert withdraw(payment, NOW + 14 * DAY) is None
    assert not has_access(payment.order.user)  # type: ignore[union-attr] # the fixture's has one


def trial() -> Subscription:
    return start_trial(make_user(), make_plan(trial_days=7), now=NOW)


def test_first_payment_after_a_trial_begins_a_contract() -> None:
    payment = pay(consent(renewal_order(trial(), NOW + 3 * DAY)), NOW + 3 * DAY)
    assert payment.withdrawal_until(NOW + 5 * DAY)
    assert returned_amount(payment, NOW + 5 * DAY) == Decimal("9.90")
    assert returned_amount(payment, NOW + 10 * DAY) == Decimal("8.91")
    withdraw(payment, NOW + 5 * DAY)
    assert not has_access(payment.order.user)  # type: ignore[union-attr] # it has one


@pytest.mark.parametrize("opened", [29, 90])
def test_renewal_after_the_end_begins_a_contract_whenever_its_order_opened(opened: int) -> None:
    held, now = pay(first_order()).subscription, NOW + 90 * DAY
    assert held
    Service.sweep(now=NOW + min(opened, 30) * DAY)
    order = consent(renewal_order(held, NOW + opened * DAY))
    Order.objects.filter(pk=order.pk).update(reference="page")  # one that is open stays open
    Service.sweep(now=now)
    order.refresh_from_db()
    assert order.begins_contract
    payment = pay(order, now)
    assert payment.withdrawal_until(now + DAY)
    assert returned_amount(payment, now + MONTH / 10) == Decimal("8.91")


def test_renewal_that_was_agreed_to_has_no_withdrawal() -> None:
    by_charge, by_hand, late = trial(), trial(), pay(first_order()).subscription
    assert late
    card = PaymentMethod.objects.create(user=by_hand.user, provider="bank", customer="c", token="t")
    agreed = {"auto_renew": True, "method": card, "amount": "9.90", "currency": "EUR", "agreed_at": NOW}
    Renewal.objects.create(subscription=by_hand, **agreed)
    charged, ordered = (renewal_order(held, NOW + 6 * DAY) for held in (by_charge, by_hand))
    Order.objects.filter(pk=charged.pk).update(way=Order.Way.CHARGE)
    Order.objects.filter(pk=ordered.pk).update(renews=True)
    ordered.refresh_from_db()
    at_hand = pay(consent(ordered, begins_at_once=ordered.begins_contract), NOW + 6 * DAY)
    Service.grant_grace(late, late.end_date + 7 * DAY, now=late.end_date - DAY)
    now = late.end_date + DAY
    in_grace = pay(consent(renewal_order(late, late.end_date - DAY), begins_at_once=False), now)

    assert pay(charged, NOW + 6 * DAY).withdrawal_until(NOW + 7 * DAY) is None
    assert at_hand.withdrawal_until(NOW + 7 * DAY) is None
    turn_off(Renewal.objects.get(), NOW + 7 * DAY)
    assert Payment.objects.get(pk=at_hand.pk).withdrawal_until(NOW + 7 * DAY) is None
    assert Order.objects.get(pk=ordered.pk).agreed_to_begin_at is None
    assert in_grace.withdrawal_until(now + DAY) is None


def test_consent_to_begin_at_once_stays_when_another_period_is_paid() -> None:
    payment = pay(consent(renewal_order(trial(), NOW + 3 * DAY)), NOW + 3 * DAY)
    assert payment.subscription
    pay(consent(renewal_order(payment.subscription, NOW + 4 * DAY), begins_at_once=False), NOW + 4 * DAY)
    assert Order.objects.get(payments=payment).agreed_to_begin_at == NOW


def test_nobody_agreed_to_begin_at_once_who_was_not_asked(settings: LazySettings) -> None:
    held = pay(first_order()).subscription
    assert held
    before_the_end = consent(renewal_order(held, NOW + 29 * DAY), begins_at_once=False)
    settings.WITHDRAWAL_DAYS = 0
    first = consent(first_order(), begins_at_once=False)
    settings.WITHDRAWAL_DAYS = 14
    Order.objects.filter(pk=before_the_end.pk).update(reference="page")
    Service.sweep(now=NOW + 31 * DAY)
    before_the_end.refresh_from_db()
    for order, now in ((before_the_end, NOW + 31 * DAY), (first, NOW)):
        payment = pay(order, now)
        assert payment.withdrawal_until(now + DAY)
        assert order.agreed_to_begin_at is None
        assert returned_amount(payment, now + 3 * DAY) == Decimal("9.90")


def test_consent_of_an_earlier_release_was_asked_for_with_all_but_renewals() -> None:
    first, renewal = consent(first_order()), consent(renewal_order(trial(), NOW + 6 * DAY))
    Order.objects.update(begins_at_once=None)
    for order, agreed_at in ((first, NOW), (renewal, None)):
        pay(order, NOW + 6 * DAY)
        assert Order.objects.get(pk=order.pk).agreed_to_begin_at == agreed_at


def test_renewal_transfer_and_a_site_without_it_have_no_withdrawal(settings: LazySettings) -> None:
    payment = pay(first_order())
    assert payment.subscription
    renewed = pay(renewal_order(payment.subscription, NOW + DAY), NOW + DAY)
    payment.refresh_from_db()
    by_transfer = first_order()
    money = MoneyReceived("manual", "transfer", by_transfer.amount, by_transfer.currency, NOW)
    off = pay(first_order())

    assert renewed.withdrawal_until(NOW + 2 * DAY) is None
    assert payment.withdrawal_until(NOW + 2 * DAY) is None, "a later period is paid already"
    assert record_payment(by_transfer, money, now=NOW).withdrawal_until(NOW + DAY) is None
    settings.WITHDRAWAL_DAYS = 0
    assert off.withdrawal_until(NOW + DAY) is None


def test_subscriber_withdraws_on_a_page_that_says_what_comes_back(client: Client) -> None:
    now = clock.now() - DAY
    payment = pay(first_order(), now)
    client.force_login(payment.order.user)  # type: ignore[union-attr] # the fixture's has one
    page = reverse("withdraw", args=[payment.pk])

    assert page in client.get(reverse("receipt", args=[payment.pk])).content.decode()
    assert "9.90 EUR" in client.get(page).content.decode()
    assert "on its way back" in client.post(page, follow=True).content.decode()
    assert "can no longer withdraw" in client.post(page, follow=True).content.decode()
    assert Refund.objects.count() == 1


def test_page_of_somebody_else_is_not_there(client: Client) -> None:
    payment = pay(first_order())
    client.force_login(first_order().user)
    assert client.post(reverse("withdraw", args=[payment.pk])).status_code == 404
