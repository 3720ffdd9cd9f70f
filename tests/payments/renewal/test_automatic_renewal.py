"""Automatic renewal, turned on beside its terms, and off; also of a free trial, which is then charged for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import User
from foundation import clock
from payments.charging.renewal_orders import open_orders
from payments.models import Order, PaymentMethod, Renewal
from payments.received_money.recording import record_payment
from subscriptions.models import Plan, Subscription
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.trials import start_trial
from tests.payments.opened_orders import money, renewal_order
from tests.payments.providers.stripe.scripted import Script
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("online")]

DAY = timedelta(days=1)
SHOWN = {"amount": "9.90", "currency": "EUR"}


@pytest.fixture
def ada() -> User:
    return make_user()


@pytest.fixture
def method(ada: User) -> PaymentMethod:
    return PaymentMethod.objects.create(
        user=ada, provider="stripe", customer="cus_1", token="pm_1", brand="visa", last4="4242"
    )


@pytest.fixture
def trial(ada: User) -> Subscription:
    return start_trial(ada, make_plan(trial_days=14, duration_months=1), now=clock.now() - DAY)


@pytest.fixture
def browser(ada: User) -> Client:
    return sign_in(ada)


def address(subscription: Subscription) -> str:
    return reverse("automatic_renewal", args=[subscription.pk])


def text(browser: Client, path: str) -> str:
    return " ".join(browser.get(path).content.decode().split())


def unlimited() -> timedelta:
    return DAY


@pytest.mark.usefixtures("method")
def test_trial_with_a_card_is_charged_a_day_before_its_end(browser: Client, trial: Subscription) -> None:
    assert "9.90 EUR" in text(browser, address(trial))
    assert "Order with obligation to pay" in text(browser, address(trial))
    browser.post(address(trial), SHOWN)
    for page in (reverse("subscriptions"), reverse("subscription", args=[trial.pk])):
        assert "renews automatically on" in text(browser, page)

    assert open_orders("stripe", trial.end_date - DAY - timedelta(seconds=1), unlimited) == 0
    at = trial.end_date - DAY
    assert open_orders("stripe", at, unlimited) == 1
    order = Order.objects.get()
    assert (str(order.amount), order.currency, order.period_start) == ("9.90", "EUR", trial.end_date)
    trial.refresh_from_db()
    assert trial.access_end > trial.end_date
    for page in (reverse("subscriptions"), reverse("subscription", args=[trial.pk])):
        assert f"renews automatically on {date_format(trial.end_date, 'DATE_FORMAT')}" in text(browser, page)
    record_payment(order, money(), now=at)
    end = trial.end_date
    trial.refresh_from_db()
    assert trial.end_date > end + 27 * DAY
    assert trial.trial


def test_trial_without_a_card_opens_no_order_and_ends(browser: Client, trial: Subscription) -> None:
    assert "Save a card first." in text(browser, address(trial))
    assert browser.post(address(trial), SHOWN).status_code == 409
    assert open_orders("stripe", trial.end_date - DAY, unlimited) == 0
    Service.sweep(now=trial.end_date)
    trial.refresh_from_db()
    assert trial.status == "expired"
    assert not Renewal.objects.exists()


def test_switch_is_on_the_page_of_subscriptions_and_turns_off(
    browser: Client, trial: Subscription, method: PaymentMethod
) -> None:
    assert "Automatic renewal is off." in text(browser, reverse("subscriptions"))
    browser.post(address(trial), SHOWN)
    order = renewal_order(trial, clock.now())
    assert "Automatic renewal is on." in text(browser, reverse("subscriptions"))
    assert address(trial) in text(browser, reverse("subscriptions"))

    for _click in range(2):
        assert browser.post(address(trial), {"off": "1"})["Location"] == reverse("subscription", args=[trial.pk])

    order.refresh_from_db()
    renewal = Renewal.objects.get()
    assert (renewal.auto_renew, renewal.method, order.state) == (False, method, "void")
    assert "Automatic renewal is off." in text(browser, reverse("subscriptions"))


@pytest.mark.usefixtures("method")
@pytest.mark.parametrize("swept", [False, True])
def test_cancelled_trial_that_is_bought_by_hand_is_not_charged_again(
    browser: Client, trial: Subscription, swept: bool
) -> None:
    browser.post(address(trial), SHOWN)
    Service.cancel_subscription(trial)
    at = trial.end_date if swept else clock.now()
    if swept:
        Service.sweep(now=at)
    order = renewal_order(trial, at)
    assert 'name="renews"' in text(browser, reverse("pay", args=[order.pk]))
    Order.objects.update(way=Order.Way.PAGE)
    record_payment(order, money(), now=at)
    trial.refresh_from_db()
    assert trial.status == "active"
    assert "Automatic renewal is off." in text(browser, reverse("subscriptions"))
    assert open_orders("stripe", trial.end_date - DAY, unlimited) == 0


@pytest.mark.usefixtures("method")
def test_length_that_was_agreed_to_stays_when_the_plan_is_edited(browser: Client, trial: Subscription) -> None:
    browser.post(address(trial), SHOWN)
    renewal = Renewal.objects.get()
    assert (renewal.duration_months, renewal.duration_days) == (1, trial.plan.duration_days)
    Plan.objects.update(duration_months=12, duration_days=365)
    assert "1 month" in text(browser, address(trial))
    assert "12 months" not in text(browser, address(trial))


@pytest.mark.usefixtures("method")
def test_page_of_a_late_subscription_says_that_access_ends_at_once(browser: Client, trial: Subscription) -> None:
    browser.post(address(trial), SHOWN)
    assert "your access ends at this time" in text(browser, address(trial))
    order = renewal_order(trial, clock.now())
    Service.grant_grace(trial, clock.now() + DAY)
    Subscription.objects.update(end_date=clock.now() - DAY)
    assert "your access ends at once" in text(browser, address(trial))
    assert "your access ends at once" in text(browser, reverse("payment_method"))
    assert "If you withdraw the order, your access ends at once." in text(browser, reverse("pay", args=[order.pk]))
    Order.objects.update(state="pending")  # money on its way keeps it
    for page in (address(trial), reverse("payment_method"), reverse("pay", args=[order.pk])):
        assert "access ends at" not in text(browser, page)
    assert "A payment is on its way." in text(browser, address(trial))
    Order.objects.update(state="open")
    browser.post(address(trial), {"off": "1"})
    assert not Subscription.objects.live(clock.now()).exists()


@pytest.mark.usefixtures("method")
def test_second_click_changes_nothing(browser: Client, trial: Subscription) -> None:
    for _click in range(2):
        assert browser.post(address(trial), SHOWN)["Location"] == reverse("subscription", args=[trial.pk])
    assert Renewal.objects.get().auto_renew


@pytest.mark.usefixtures("method")
def test_price_that_was_agreed_to_earlier_holds(browser: Client, trial: Subscription) -> None:
    browser.post(address(trial), SHOWN)
    browser.post(address(trial), {"off": "1"})
    Plan.objects.update(price="20.00")
    assert "9.90 EUR" in text(browser, address(trial))
    browser.post(address(trial), SHOWN)
    assert str(Renewal.objects.get().amount) == "9.90"


@pytest.mark.usefixtures("method")
def test_price_that_changed_since_it_was_shown_is_asked_again(browser: Client, trial: Subscription) -> None:
    Plan.objects.update(price="20.00")
    answer = browser.post(address(trial), SHOWN)
    assert answer.status_code == 409
    assert "20.00 EUR" in answer.content.decode()
    assert not Renewal.objects.exists()


@pytest.mark.usefixtures("method")
@pytest.mark.parametrize(
    ("language", "stated"),
    [
        ("en", ["Changes to</dt> <dd> Yearly ", "99.00 EUR", "1 year"]),
        ("de", ["Wechselt zu</dt> <dd> Yearly ", "99,00 EUR", "1 Jahr"]),
    ],
)
def test_page_states_the_plan_that_the_renewal_is_to(
    browser: Client, ada: User, trial: Subscription, language: str, stated: list[str]
) -> None:
    change_plan(trial, make_plan(name="Yearly", price=99, duration_months=12), now=clock.now(), actor=ada)
    answer = browser.get(address(trial), headers={"accept-language": language})
    page = " ".join(answer.content.decode().split())
    assert [part for part in stated if part not in page] == []
    browser.post(address(trial), {"amount": "99.00", "currency": "EUR"})
    renewal = Renewal.objects.get()
    assert (renewal.amount, renewal.next_amount) == (Decimal("9.90"), Decimal(99))


@pytest.mark.usefixtures("method")
def test_terms_are_accepted_and_kept(browser: Client, trial: Subscription, settings: LazySettings) -> None:
    settings.TERMS_VERSION = "2026-11"
    assert browser.post(address(trial), SHOWN).status_code == 400
    browser.post(address(trial), SHOWN | {"terms": "on"})
    assert Renewal.objects.get().terms == "2026-11"


@pytest.mark.usefixtures("method")
def test_what_no_charge_renews_has_no_such_page(browser: Client, ada: User, online: Script) -> None:
    free = Service.create_subscription(ada, make_plan(price=0), now=clock.now())
    cancelled = Service.create_subscription(ada, make_plan(), now=clock.now())
    Service.cancel_subscription(cancelled, now=clock.now())
    foreign = Service.create_subscription(make_user(), make_plan(), now=clock.now())
    for each in (free, cancelled, foreign):
        assert browser.get(address(each)).status_code == 404
        assert browser.post(address(each), SHOWN).status_code == 404
    assert "Automatic renewal" not in text(browser, reverse("subscriptions"))


def test_page_lets_the_form_lead_to_the_provider(browser: Client, trial: Subscription, online: Script) -> None:
    assert online.address in browser.get(address(trial))["Content-Security-Policy"]


def test_payments_by_transfer_renew_nothing_automatically(
    browser: Client, trial: Subscription, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    assert browser.get(address(trial)).status_code == 404
    assert "Automatic renewal" not in text(browser, reverse("subscriptions"))
