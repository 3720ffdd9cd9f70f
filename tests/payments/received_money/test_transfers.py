"""Orders that are paid by transfer: the same consent as online, beside the same button, on the same record."""

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.models import Order, PaymentMethod, Renewal
from payments.orders.opening import open_renewal
from payments.received_money.recording import record_payment
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.opened_orders import first_order, money
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]

ACCOUNT = "Acme Ltd<br>DE02 1203"
BUTTON = "Order with obligation to pay"


@pytest.fixture
def order(settings: LazySettings) -> Order:
    """Open an order of a site that has terms."""
    settings.TERMS_VERSION, settings.SITE_TERMS_URL = "2026-11", "https://site.example/terms"
    return first_order(now=clock.now())


@pytest.fixture
def browser(order: Order) -> Client:
    return sign_in(order.user)


def page_of(browser: Client, order: Order) -> str:
    return browser.get(reverse("pay", args=[order.pk])).content.decode()


def test_price_with_tax_and_terms_stand_beside_the_button_that_obliges(browser: Client, order: Order) -> None:
    page = page_of(browser, order)
    shown = ["Amount, taxes included", "9.90 EUR", "30 days", "I accept", "https://site.example/terms", BUTTON]
    positions = [page.index(part) for part in shown]
    assert positions == sorted(positions)
    assert "checked" not in page
    assert ACCOUNT not in page, "nobody transfers before they have ordered"


def test_nothing_is_asked_that_a_transfer_cannot_do(browser: Client, order: Order) -> None:
    page = page_of(browser, order)
    for absent in (
        'name="renews"',
        "begins_at_once",
        "ithdraw from the contract",
        "renewing automatically",
        "provider",
    ):
        assert absent not in page


def test_consent_is_stored_and_the_account_shown(browser: Client, order: Order) -> None:
    begun = clock.now()
    page = browser.post(reverse("pay", args=[order.pk]), {"terms": "on"}, follow=True).content.decode()
    assert ACCOUNT in page
    assert order.transfer_reference in page
    assert BUTTON not in page
    order.refresh_from_db()
    assert (order.terms, order.renews, order.way, order.state) == ("2026-11", False, "", "open")
    assert order.consented_at is not None
    assert begun <= order.consented_at <= clock.now()

    payment = record_payment(order, money(), now=clock.now())
    receipt = browser.get(reverse("receipt", args=[payment.pk])).content.decode()
    assert "2026-11" in receipt
    assert "begin at once" not in receipt


def test_without_consent_nothing_is_ordered(browser: Client, order: Order) -> None:
    answer = browser.post(reverse("pay", args=[order.pk]), {})
    assert answer.status_code == 400
    assert 'id="id_terms_error"' in answer.content.decode()
    order.refresh_from_db()
    assert (order.way, order.consented_at) == ("", None)


def test_site_without_terms_has_the_button_and_stores_when_it_was_pressed(
    browser: Client, order: Order, settings: LazySettings
) -> None:
    settings.TERMS_VERSION = ""
    assert BUTTON in page_of(browser, order)
    assert ACCOUNT in browser.post(reverse("pay", args=[order.pk]), follow=True).content.decode()
    order.refresh_from_db()
    assert order.terms == ""
    assert order.consented_at is not None


def test_second_click_keeps_the_first_consent(browser: Client, order: Order, settings: LazySettings) -> None:
    browser.post(reverse("pay", args=[order.pk]), {"terms": "on"})
    order.refresh_from_db()
    given, settings.TERMS_VERSION = order.consented_at, "2027-01"
    browser.post(reverse("pay", args=[order.pk]), {"terms": "on"})
    order.refresh_from_db()
    assert (order.terms, order.consented_at) == ("2026-11", given)


def test_renewal_by_transfer_is_asked_too_and_leaves_the_agreement_to_charge(settings: LazySettings) -> None:
    settings.TERMS_VERSION = "2026-11"
    held = Service.create_subscription(make_user(), make_plan(), now=clock.now())
    method = PaymentMethod.objects.create(user=held.user, provider="stripe", customer="cus_1", token="pm_1")
    Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=clock.now()
    )
    order = open_renewal(held, clock.now(), UNSEEN)
    browser = sign_in(held.user)
    page = page_of(browser, order)
    assert BUTTON in page
    assert "renewing automatically" not in page
    browser.post(reverse("pay", args=[order.pk]), {"terms": "on"})
    order.refresh_from_db()
    record_payment(order, money(), now=clock.now())
    assert Renewal.objects.get().auto_renew


def test_order_that_went_to_a_providers_page_is_not_asked_again(browser: Client, order: Order) -> None:
    """The site left its provider: what is open there must not be forgotten."""
    Order.objects.filter(pk=order.pk).update(way="page", provider="stripe", reference="cs_1")
    assert ACCOUNT in page_of(browser, order)
    browser.post(reverse("pay", args=[order.pk]), {"terms": "on"})
    order.refresh_from_db()
    assert (order.way, order.reference, order.consented_at) == ("page", "cs_1", None)


def test_withdrawn_order_is_not_asked_for_consent(browser: Client, order: Order) -> None:
    browser.post(reverse("void_order", args=[order.pk]))
    assert "no longer valid" in page_of(browser, order)
    assert BUTTON not in page_of(browser, order)
