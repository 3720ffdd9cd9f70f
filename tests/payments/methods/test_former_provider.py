"""Cards of a provider that the service has left: nobody charges them, so that nothing is promised."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from notifications.models import Channel, Notification
from notifications.reminders import Reminders, next_mark
from notifications.ses.rendering import render_mail
from payments.mail_texts import card_expires, plan_change_planned
from payments.methods.saved_methods import method_of, replace_method
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.interface import MethodDetails
from payments.received_money.recording import record_payment
from payments.renewal.agreements import renews_already
from payments.statistics import monthly_recurring_revenue
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import money, renewal_order
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.staff import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("online", "now")]

DAY = timedelta(days=1)
END = NOW + MONTH
LINKS = "examples.payment_links.provider.PaymentLinks"
SHOWN = {"amount": "9.90", "currency": "EUR"}
TEXT_OF_CHARGE = "We charge it a day before."

present = pytest.mark.parametrize("present", ["", "manual", LINKS])


@pytest.fixture
def now() -> Iterator[datetime]:
    """Set the clock to the day after the beginning."""
    with time_machine.travel(NOW + DAY):
        yield NOW + DAY


@pytest.fixture
def held() -> Subscription:
    """Return a subscription that renews by a card of Stripe."""
    held = Service.create_subscription(make_user(), make_plan(reminder_days=[1]), now=NOW)
    card = PaymentMethod.objects.create(
        user=held.user, provider="stripe", customer="cus_1", token="pm_1", last4="4242", expires=date(2026, 12, 29)
    )
    Renewal.objects.create(
        subscription=held, auto_renew=True, method=card, amount=Decimal("9.90"), currency="EUR", agreed_at=NOW
    )
    return held


@pytest.fixture
def browser(held: Subscription) -> Client:
    return sign_in(held.user)


def leave_for(provider: str, settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER, settings.PAYMENT_PROVIDER_URL = provider, "https://links.example.com"


def text(browser: Client, path: str) -> str:
    return " ".join(browser.get(path).content.decode().split())


def remind(at: datetime) -> int:
    return int(Reminders(at, lambda: timedelta.max).run()["recorded"])


def reminder(held: Subscription) -> str:
    return render_mail(Notification(event=held.events.get(), channel=Channel.SES, days_before=1)).text


@present
def test_reminder_promises_no_charge_and_comes_as_the_plan_says(
    held: Subscription, present: str, settings: LazySettings
) -> None:
    leave_for(present, settings)
    assert "It is not renewed by itself" in reminder(held)
    assert next_mark(NOW) == END - DAY
    assert remind(END - 2 * DAY) == 0

    leave_for("stripe", settings)
    assert TEXT_OF_CHARGE in reminder(held)
    assert next_mark(NOW) == END - 2 * DAY
    assert remind(END - 2 * DAY) == 1


@present
def test_recurring_revenue_counts_no_card_of_a_former_provider(
    held: Subscription, present: str, settings: LazySettings
) -> None:
    leave_for(present, settings)
    assert monthly_recurring_revenue(NOW) == {}
    leave_for("stripe", settings)
    assert monthly_recurring_revenue(NOW) == {"EUR": Decimal("10.04")}
    assert held.renewal in Renewal.objects.charged()


@present
def test_mails_of_a_planned_change_and_of_an_expiring_card_promise_no_charge(
    held: Subscription, present: str, settings: LazySettings
) -> None:
    def planned() -> str:
        mail = plan_change_planned("", key, NOW)
        return mail.text if mail else ""

    key = str(held.user_id)
    leave_for(present, settings)
    assert "unless it is renewed for 9.90 EUR" in planned()
    assert card_expires("", key, NOW + 10 * DAY) is None
    leave_for("stripe", settings)
    assert "renews on Dec. 31, 2026" in planned()
    assert card_expires("", key, NOW + 10 * DAY) is not None


@present
def test_page_of_the_card_says_that_nothing_renews_and_keeps_it_off(
    held: Subscription, browser: Client, present: str, settings: LazySettings
) -> None:
    page = reverse("payment_method")
    assert "We charge 9.90 EUR" in text(browser, page)
    leave_for(present, settings)
    shown = text(browser, page)
    for part in ("Your saved card can no longer be charged", "Access ends without a charge", "Keep it off"):
        assert part in shown
    for part in ("We charge", "4242", ">Turn on<"):
        assert part not in shown
    assert ("Save a card" in shown) is (present == LINKS)

    leave_for("stripe", settings)
    assert "We charge 9.90 EUR" in text(browser, page)
    leave_for(present, settings)
    browser.post(reverse("auto_renew", args=[held.renewal.pk]))
    leave_for("stripe", settings)
    assert not renewal().auto_renew
    assert "We charge" not in text(browser, page)


@present
def test_page_of_the_subscription_turns_it_off_and_never_on_by_the_old_card(
    held: Subscription, browser: Client, present: str, settings: LazySettings
) -> None:
    page, switch = reverse("subscription", args=[held.pk]), reverse("automatic_renewal", args=[held.pk])
    assert "renews automatically on" in text(browser, page)
    leave_for(present, settings)
    for shown in (text(browser, page), text(browser, reverse("subscriptions"))):
        assert "renews automatically on" not in shown
        assert "Automatic renewal is on" not in shown
    assert browser.post(switch, SHOWN).status_code == (409 if present == LINKS else 404)
    assert renewal().agreed_at == NOW

    leave_for("stripe", settings)
    assert "renews automatically on" in text(browser, page)
    leave_for(present, settings)
    browser.post(switch, {"off": "1"})
    assert not renewal().auto_renew


def test_page_of_automatic_renewal_offers_to_save_a_card_or_to_keep_it_off(
    held: Subscription, browser: Client, settings: LazySettings
) -> None:
    leave_for(LINKS, settings)
    shown = text(browser, reverse("automatic_renewal", args=[held.pk]))
    assert "no saved card can be charged" in shown
    assert "Save a card</button>" in shown
    assert "Keep it off</button>" in shown
    assert "Order with obligation to pay" not in shown


def test_card_of_the_present_provider_takes_over(held: Subscription, settings: LazySettings) -> None:
    leave_for(LINKS, settings)
    assert method_of(held.user) is None
    assert not renewal().is_on
    card = replace_method(held.user, "payment-links", MethodDetails("cus_2", "pm_2"), NOW + DAY)
    assert method_of(held.user) == card
    assert renewal().is_on


def test_card_of_a_former_provider_can_be_removed(held: Subscription, browser: Client, settings: LazySettings) -> None:
    leave_for(LINKS, settings)
    assert "Remove the card" in text(browser, reverse("payment_method"))
    browser.post(reverse("remove_payment_method"))
    assert list(PaymentMethod.objects.to_forget()) == [PaymentMethod.objects.get(user=held.user)]
    assert "No card is saved" in text(browser, reverse("payment_method"))


def test_receipt_of_a_card_that_a_former_provider_has_not_named_promises_nothing(
    held: Subscription, settings: LazySettings
) -> None:
    def receipt() -> str:
        return render_mail(Notification.objects.get(event__payment__order=order, channel=Channel.SES)).text

    order = renewal_order(held, NOW)
    Order.objects.update(way=Order.Way.PAGE, provider="stripe", renews=True, consented_at=NOW)
    record_payment(Order.objects.get(), money(), now=NOW)
    Renewal.objects.update(method=None)
    assert "The subscription renews automatically for 9.90 EUR" in receipt()
    leave_for(LINKS, settings)
    assert "The subscription renews automatically" not in receipt()


def test_order_paid_by_hand_asks_whether_to_renew(held: Subscription, settings: LazySettings) -> None:
    order = renewal_order(held, NOW)
    assert renews_already(order)
    leave_for(LINKS, settings)
    assert not renews_already(order)


def renewal() -> Renewal:
    return Renewal.objects.select_related("method").get()
