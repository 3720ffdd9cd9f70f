"""Mails of payments, from the outbox."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core import mail

from accounts.models import Profile
from foundation.email_addresses import address_of
from foundation.mail import mail_kind
from notifications.coverage import Coverage
from notifications.models import Notification
from notifications.ses.mail import Mail
from notifications.ses.rendering import render_mail, render_subject
from payments.announcements import announce_failed
from payments.models import Order, PaymentMethod, Renewal
from payments.plan_changes.change_orders import change_now
from payments.received_money.recording import record_payment
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.charging.renewal_orders import agree, make_method
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.payments.stored_mails import BACKEND, OBSOLETE, stored_mails
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db


def failed(code: str = "insufficient_funds") -> Order:
    """Return a renewal order that could not be collected."""
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(held)
    announce_failed(order, code, NOW + timedelta(days=3), NOW)
    return order


def latest_mail(now: datetime = NOW + timedelta(hours=1)) -> Mail:
    """Render the mail of the latest event as it would be sent at `now`."""
    latest = Notification.objects.filter(channel="ses").latest("pk")
    return render_mail(latest, Coverage.of([latest], now))


def text_of(order: Order) -> str:
    rendered = mail_kind("payment_failed").render("a@example.com", str(order.user_id), NOW)
    return rendered.subject + rendered.text if rendered else ""


@pytest.mark.parametrize("renews", [True, False])
def test_first_mail_is_the_receipt_with_what_was_agreed(settings: LazySettings, renews: bool) -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(terms="2026-11", consented_at=NOW, way=Order.Way.PAGE, renews=renews)
    order.refresh_from_db()
    payment = record_payment(order, replace(money(transaction_id="pi_1"), provider="bank"), now=NOW)

    sent = latest_mail()

    for body in (sent.text, sent.html):
        for part in (f"Receipt {payment.pk}", "taxes included", "9.90 EUR", "pi_1", "2026-11", "Dec. 1, 2026"):
            assert part in body
        assert "You may withdraw from the contract until Dec. 17, 2026, 00:00 UTC." in body
        assert "Agreed to begin at once" in body
        assert f"/payments/{payment.pk}/" in body
        assert ("renews automatically for 9.90 EUR" in body) is renews
        assert "The price for this period" not in body
    assert mail.outbox == []  # one mail, not two


@pytest.mark.parametrize("provider", ["bank", "manual"])
def test_receipt_of_a_renewal_comes_with_its_mail_and_promises_no_withdrawal(provider: str) -> None:
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(held)
    Order.objects.filter(pk=order.pk).update(terms="2026-11", consented_at=NOW, way=Order.Way.PAGE)
    order.refresh_from_db()
    record_payment(order, replace(money(transaction_id="pi_2"), provider=provider), now=NOW)
    sent = latest_mail()
    assert "Monthly is renewed" in sent.text
    for body in (sent.text, sent.html):
        assert "pi_2" in body
        assert "Terms accepted: 2026-11" in body
        assert "withdraw" not in body
        assert "begin at once" not in body


def test_receipt_of_a_transfer_promises_no_withdrawal() -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(terms="2026-11", consented_at=NOW, way=Order.Way.MANUAL)
    order.refresh_from_db()
    record_payment(order, money(), now=NOW)
    sent = latest_mail()
    for body in (sent.text, sent.html):
        assert "Terms accepted: 2026-11" in body
        assert "withdraw" not in body
        assert "begin at once" not in body


def test_receipt_that_comes_late_promises_no_withdrawal_that_is_over() -> None:
    record_payment(first_order(), replace(money(), provider="bank"), now=NOW)
    assert "withdraw" in latest_mail(NOW + timedelta(days=14)).text
    assert "withdraw" not in latest_mail(NOW + timedelta(days=16)).text


def test_receipt_without_tax_and_withdrawal_says_so(settings: LazySettings) -> None:
    settings.PRICES_INCLUDE_TAX, settings.WITHDRAWAL_DAYS = False, 0
    record_payment(first_order(), replace(money(), provider="bank"), now=NOW)
    text = latest_mail().text
    assert "to which no tax is added" in text
    assert "withdraw" not in text


def test_failure_is_told_with_a_link_and_the_end_of_access() -> None:
    order = failed()
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [
        ("Subscriptions: Your payment has failed", [address_of(order.user)])
    ]
    text = text_of(order)
    assert f"http://127.0.0.1:8000/pay/{order.pk}/" in text
    assert "We could not collect 9.90 EUR for Monthly" in text
    assert "Your access ends on Dec. 31, 2026, 03:00 UTC" in text
    assert "We try again on Dec. 4, 2026" in text


def test_bank_that_asks_for_confirmation_is_told_as_such() -> None:
    assert "Your bank asks you to confirm the payment of 9.90 EUR" in text_of(failed("authentication_required"))


def test_failure_that_was_paid_meanwhile_is_not_told() -> None:
    order = failed()
    record_payment(order, money(), now=NOW)
    assert text_of(order) == ""


@pytest.fixture
def stored(settings: LazySettings) -> None:
    """Keep mails in the outbox, as a deployed site does."""
    settings.EMAIL_BACKEND = BACKEND


DAY = timedelta(days=1)


@pytest.mark.usefixtures("stored")
def test_each_of_two_failures_of_a_user_is_told_once() -> None:
    user = make_user()
    held = [Service.create_subscription(user, make_plan(name=name), now=NOW) for name in ("Left", "Right")]
    orders = [renewal_order(each) for each in held]
    for order in orders:
        announce_failed(order, "insufficient_funds", None, NOW)

    told = stored_mails("payment_failed", NOW)

    for text, order in zip(told, orders, strict=True):
        assert f"for {order.plan.name}." in text
        assert f"/pay/{order.pk}/" in text


@pytest.mark.usefixtures("stored")
def test_failure_is_told_by_the_latest_try_of_its_order() -> None:
    order = renewal_order(Service.create_subscription(make_user(), make_plan(), now=NOW))
    for days in (3, 5):
        announce_failed(order, "insufficient_funds", NOW + days * DAY, NOW)

    earlier, later = stored_mails("payment_failed", NOW)

    assert earlier == OBSOLETE
    assert "We try again on Dec. 6, 2026" in later


@pytest.mark.usefixtures("stored")
def test_mail_that_the_release_before_stored_tells_the_latest_failure() -> None:
    failed()
    Notification.objects.update(about="")
    assert "We could not collect 9.90 EUR for Monthly" in stored_mails("payment_failed", NOW)[0]


@pytest.mark.usefixtures("stored")
def test_failed_change_of_plan_ends_nothing(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = change_now(held, make_plan(name="Yearly", price=99, duration_days=365), NOW + DAY, UNSEEN)
    assert order is not None
    announce_failed(order, "", None, NOW + DAY)

    [text] = stored_mails("payment_failed", NOW + DAY)

    assert "for Yearly." in text
    assert "Your subscription stays as it is unless the payment arrives." in text
    assert "access ends" not in text


@pytest.mark.usefixtures("stored")
def test_failed_payment_ahead_of_an_automatic_renewal_ends_nothing_until_that_is_due(
    settings: LazySettings,
) -> None:
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    agree(held, make_method(held.user))
    announce_failed(renewal_order(held), "", None, NOW)

    def told(now: datetime) -> str:
        return stored_mails("payment_failed", now)[0]

    assert "Your subscription goes on: it renews automatically on Dec. 31, 2026, 03:00 UTC." in told(NOW)
    assert "access ends" not in told(NOW)
    assert "Your access ends on Dec. 31, 2026, 03:00 UTC unless" in told(held.end_date - DAY)
    PaymentMethod.objects.update(removed_at=NOW)
    assert "Your access ends on Dec. 31, 2026, 03:00 UTC unless" in told(NOW)


@pytest.mark.usefixtures("stored")
def test_end_of_access_that_has_come_is_not_announced() -> None:
    order = failed()
    assert order.subscription
    Subscription.objects.filter(pk=order.subscription.pk).update(grace_until=NOW + MONTH + 7 * DAY)
    assert "Your access ends on Jan. 7, 2027" in stored_mails("payment_failed", NOW + MONTH)[0]
    assert "access ends" not in stored_mails("payment_failed", NOW + MONTH + 7 * DAY)[0]


def test_mails_speak_the_subscribers_language() -> None:
    order = failed()
    Profile.objects.update_or_create(user=order.user, defaults={"language": "de"})
    assert "fehlgeschlagen" in text_of(order)


@pytest.mark.usefixtures("through_stripe")
def test_reminder_of_an_automatic_renewal_names_day_and_amount() -> None:
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    method = PaymentMethod.objects.create(user=held.user, provider="stripe", customer="cus_1", token="pm_1")
    Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="8.00", currency="EUR", agreed_at=NOW
    )
    reminder = Notification.objects.get(channel="ses")
    reminder.days_before = 7
    assert render_subject(reminder) == "Monthly renews on Dec. 31, 2026 for 8.00 EUR"
    assert "for 8.00 EUR. We charge it a day before." in render_mail(reminder).text
    assert held.end_date == NOW + MONTH

    PaymentMethod.objects.update(removed_at=NOW)  # at the provider
    assert "It is not renewed by itself" in _rendered_again(reminder)
    PaymentMethod.objects.update(removed_at=None)
    assert "We charge it a day before." in _rendered_again(reminder)
    Renewal.objects.update(auto_renew=False)
    assert "It is not renewed by itself" in _rendered_again(reminder)


def _rendered_again(reminder: Notification) -> str:
    again = Notification.objects.get(pk=reminder.pk)
    again.days_before = reminder.days_before
    return render_mail(again).text
