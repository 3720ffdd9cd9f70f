"""Free trial, automatic renewal and cancelling without signing in, in both languages and on a phone."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import ViewportSize, expect

from accounts.models import Profile
from foundation import clock
from payments.contract_cancellation import link_of
from payments.models import CancellationRequest, PaymentMethod, Renewal
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService
from tests.browser.visitor import Visitor
from tests.payments.providers.stripe.scripted import Script, scripted
from tests.support.factories import make_plan, make_user

PHONE: ViewportSize = {"width": 320, "height": 800}


@pytest.fixture
def provider(settings: LazySettings, visitor: Visitor) -> Iterator[Script]:
    """Let subscribers pay by a provider that nobody calls here."""
    with scripted() as script:
        settings.PAYMENT_PROVIDER, settings.TERMS_VERSION, settings.SITE_TERMS_URL = "stripe", "2026-11", "/terms"
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = script.address, "sk_test_scripted"
        visitor.others.append(script.address)
        yield script


@pytest.fixture
def plan(transactional_db: None, provider: Script) -> Plan:
    return make_plan(duration_months=1, trial_days=14)


def fits(visitor: Visitor) -> None:
    """Check that a phone shows the page without scrolling sideways."""
    visitor.page.set_viewport_size(PHONE)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_trial_is_started_and_renewed_by_a_card(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    visitor.sign_in(ada)
    visitor.open("plans")
    visitor.look_at("plans-with-trial")
    visitor.click("Try Monthly 14 days free", role="link")
    visitor.look_at("trial")
    visitor.click("Try 14 days free")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You are subscribed to Monthly")
    held = Subscription.objects.get()
    visitor.open("automatic_renewal", held.pk)
    visitor.look_at("automatic-renewal-without-a-card")
    PaymentMethod.objects.create(
        user=ada, provider="stripe", customer="cus_1", token="pm_1", brand="visa", last4="4242"
    )
    visitor.open("automatic_renewal", held.pk)
    visitor.look_at("automatic-renewal")
    visitor.page.get_by_label("I accept the terms").check()
    visitor.click("Order with obligation to pay")
    expect(visitor.page.get_by_text("Monthly renews automatically.")).to_be_visible()
    visitor.look_at("subscription-that-renews")
    assert Renewal.objects.get().auto_renew
    visitor.open("subscriptions")
    visitor.look_at("subscriptions-with-switch")
    visitor.click("Turn it off", role="link")
    visitor.look_at("automatic-renewal-on")
    visitor.click("Turn off")
    expect(visitor.page.get_by_text("Monthly does not renew automatically any more.")).to_be_visible()


def test_german_trial_fits_on_a_phone(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    Profile.objects.update_or_create(user=ada, defaults={"language": "de"})
    visitor.sign_in(ada)
    visitor.open("plans")
    fits(visitor)
    visitor.look_at("plans-with-trial-german")
    visitor.open("trial", plan.pk)
    fits(visitor)
    visitor.look_at("trial-german")
    visitor.click("14 Tage kostenlos testen")
    visitor.open("automatic_renewal", Subscription.objects.get().pk)
    fits(visitor)
    visitor.look_at("automatic-renewal-german")
    visitor.open("cancel_contract")
    expect(visitor.page.get_by_role("heading", name="Verträge hier kündigen")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Jetzt kündigen")).to_be_visible()
    fits(visitor)


def test_contract_is_cancelled_without_signing_in(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    held = SubscriptionService.create_subscription(ada, plan, now=clock.now())
    visitor.open("plans")
    visitor.click("Cancel contracts here", role="link")
    visitor.look_at("cancel-contracts")
    visitor.page.get_by_label("E-mail address or user name").fill("ada@example.com")
    visitor.page.get_by_label("Which contract? (optional)").fill("the monthly one")
    visitor.click("Cancel now")
    visitor.look_at("cancel-contracts-sent")
    link = link_of(CancellationRequest.objects.get())
    visitor.open_path(link[link.index("/cancel-contracts") :])
    visitor.look_at("cancel-contracts-confirm")
    fits(visitor)
    visitor.click("Cancel now")
    expect(visitor.page.get_by_text("Monthly is cancelled. Access ends on:")).to_be_visible()
    visitor.look_at("cancel-contracts-done")
    held.refresh_from_db()
    assert held.status == "cancelled"
