"""Renewal that the bank wants confirmed: charged by the job, told by mail, confirmed on the provider's page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from config import settings as config_settings
from foundation import clock
from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local.site import Site
from infra.local_provider.provider import LocalProvider
from payments.models import Order, Renewal
from subscriptions.models import Subscription
from tests.browser.payer import Payer, payer, require_paid_once
from tests.browser.schedule import Schedule
from tests.browser.visitor import LOCALES, Visitor
from tests.support.factories import has_access, make_plan
from tests.support.traffic import Traffic

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
GRACE = 7 * DAY


@pytest.fixture(params=LOCALES)
def ada(request: pytest.FixtureRequest, browser: Browser, site: Site, traffic: Traffic) -> Iterator[Payer]:
    """Yield somebody with an account."""
    with payer(browser, site.url, request.param) as ada:
        ada.open_account()
        yield ada


@pytest.fixture
def visitor(ada: Payer) -> Visitor:
    """Return the visitor whom the provider leads back."""
    return ada.visitor


@dataclass(frozen=True)
class Time:
    """Passing time: the site's and the provider's clocks go together, and the jobs of each instant run."""

    schedule: Schedule
    provider: LocalProvider
    aws: LocalAWS

    def move_to(self, instant: datetime) -> dict[str, int]:
        """Move on, run the jobs, and return the summary of the charges. Nobody may lose access."""
        length = instant - clock.now()
        call_command("timetravel", to=instant, stdout=StringIO())
        self.provider.clock.advance(length)
        charged: dict[str, int] = self.schedule.run("payments.jobs.process_payments")
        assert self.schedule.run("subscriptions.jobs.check_expired_subscriptions")["expired"] == 0
        assert has_access(Subscription.objects.get().user)
        return charged

    def mails(self, subject: str) -> list[AcceptedMail]:
        """Deliver, and return the mails whose subject has this text."""
        self.schedule.run("notifications.jobs.deliver_notifications")
        return [mail for mail in self.aws.mails() if subject in str(mail.message["Subject"])]


@pytest.fixture
def time(
    clock_that_can_be_moved: None,
    schedule: Schedule,
    local_provider: LocalProvider,
    aws: LocalAWS,
    settings: LazySettings,
) -> Time:
    settings.EMAIL_BACKEND, settings.SITE_URL = config_settings.EMAIL_BACKEND, "https://example.com"
    return Time(schedule, local_provider, aws)


def test_renewal_that_needs_authentication_is_confirmed_by_the_link_in_its_mail(ada: Payer, time: Time) -> None:
    end = subscribe_with_a_card_that_asks_each_time(ada, time.provider)
    # The first try lies anywhere between these two, by the subscription's key.
    charged = [time.move_to(end - DAY + MINUTE), time.move_to(end + MINUTE)]
    assert [sum(run[count] for run in charged) for count in ("opened", "requires_action")] == [1, 1]
    renewal = Order.objects.get(kind="renewal")
    assert renewal.state == "needs_subscriber"
    (mail,) = time.mails(ada.reads("Please confirm your payment"))
    assert time.move_to(end + GRACE - DAY)["claimed"] == 0, "only the subscriber can go on"

    ada.open_mail(mail, "needs-confirmation")
    ada.sign_in()
    ada.expect_heading("Order %(plan)s", plan="Monthly")
    assert not ada.visitor.page.get_by_label(ada.reads("Renew automatically")).count(), "it does so already"
    ada.look_at("renewal-order")
    ada.oblige(begins=False)
    ada.visitor.click("Needs authentication")
    expect(ada.heading).to_have_text("Is this payment yours?")
    ada.visitor.click("Complete authentication")
    ada.expect_heading("Your payment has arrived")
    ada.look_at("renewal-return")
    ada.follow("See the receipt")
    ada.look_at("renewal-receipt")
    ada.visitor.click(ada.reads("My subscriptions"), "link")
    ada.look_at("renewed")

    require_renewed_once(renewal, end)
    (told,) = time.mails(ada.reads("Your subscription to %(plan)s is renewed", plan="Monthly"))
    ada.look_at_mail(told, "renewed")
    # What the provider tells later, and what the jobs do later, is no second payment.
    assert time.schedule.run("payments.jobs.reconcile_payments")["recorded"] == 0
    assert time.move_to(end + GRACE + DAY)["claimed"] == 0
    require_paid_once(time.provider, renewal)
    require_renewed_once(renewal, end)
    assert len(time.mails(ada.reads("Please confirm your payment"))) == 1


def subscribe_with_a_card_that_asks_each_time(ada: Payer, provider: LocalProvider) -> datetime:
    """Pay the first period, agree to further ones, and return its end."""
    ada.order(make_plan(duration_months=1))
    ada.oblige(renews=True)
    ada.visitor.click("Needs authentication")
    ada.visitor.click("Complete authentication")
    ada.expect_heading("Your payment has arrived")
    assert Renewal.objects.get().auto_renew
    return Subscription.objects.get().end_date


def require_renewed_once(renewal: Order, end: datetime) -> None:
    """Require one period more, from the old end, and no grace that is left."""
    renewal.refresh_from_db()
    subscription = Subscription.objects.get()
    assert (renewal.state, renewal.payments.count()) == ("paid", 1)
    assert subscription.events.filter(transition="renewed").count() == 1
    assert (subscription.grace_until, subscription.status) == (None, "active")
    assert subscription.end_date - end in {days * DAY for days in (28, 29, 30, 31)}
