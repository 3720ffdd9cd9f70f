"""Complete journey of a subscriber in a browser, from signing up to coming back after the end."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.models import User
from infra.lambda_local.emulator.local_aws import LocalAWS
from subscriptions.models import Plan, Subscription, SubscriptionEvent, Transition
from tests.browser.contrast import READABLE, colour_of, contrast
from tests.browser.schedule import Schedule
from tests.browser.visitor import SCHEMES, WIDTHS, Scheme, Visitor
from tests.support.factories import has_access, make_plan
from tests.support.mailbox import link_to
from tests.support.traffic import Traffic

PASSWORD = "correct horse battery"


@pytest.fixture
def free_plan(transactional_db: None) -> Plan:
    """Create a plan that its subscribers may renew."""
    return make_plan(name="Free trial", price=Decimal(0), duration_days=14)


def sign_up(visitor: Visitor) -> None:
    visitor.page.get_by_label("Username").fill("ada")
    visitor.page.get_by_label("E-mail address").fill("ada@example.com")
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.page.get_by_label("Password confirmation").fill(PASSWORD)
    visitor.click("Sign up")


@pytest.mark.parametrize("device", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.usefixtures("clock_that_can_be_moved")
def test_from_sign_up_to_renewal(
    visitor: Visitor,
    device: str,
    scheme: Scheme,
    free_plan: Plan,
    aws: LocalAWS,
    schedule: Schedule,
) -> None:
    visitor.use(device, scheme)
    page = visitor.page
    heading = page.get_by_role("heading", level=1)

    visitor.open("plans")
    visitor.click("Subscribe to Free trial", role="link")
    expect(heading).to_have_text("Sign in")
    visitor.click_in_content("Sign up", role="link")
    sign_up(visitor)
    expect(heading).to_have_text("Confirm your address")
    visitor.open_path(link_to("ada@example.com"))
    visitor.click("Confirm and open the account")
    expect(heading).to_have_text("Subscribe to Free trial")
    visitor.click("Subscribe for free")
    expect(heading).to_have_text("You are subscribed to Free trial")
    ada = User.objects.get(email="ada@example.com")
    assert has_access(ada)

    schedule.run("notifications.jobs.deliver_notifications")
    (mail,) = aws.mails()
    assert mail.recipients == ["ada@example.com"]
    assert mail.message["Subject"] == "Your subscription to Free trial has begun"

    visitor.click("See the subscription", role="link")
    visitor.click("Cancel", role="link")
    page.get_by_label("Why are you cancelling? (optional)").fill("Only wanted to look.\nSorry.")
    visitor.click("Cancel subscription")
    expect(heading).to_have_text("Free trial is cancelled")
    assert has_access(ada)

    visitor.click("See the subscription", role="link")
    expect(page.get_by_role("blockquote")).to_have_text("Only wanted to look.Sorry.")
    visitor.click("Resume subscription")
    expect(page.get_by_text("You have resumed Free trial.")).to_be_visible()
    expect(page.locator(".status")).to_have_text("active")

    call_command("timetravel", "+15d", stdout=StringIO())
    assert schedule.run("subscriptions.jobs.check_expired_subscriptions")["expired"] == 1
    page.reload()
    expect(page.locator(".status")).to_have_text("expired")
    expect(page.get_by_text("Your access ended on")).to_be_visible()
    assert not has_access(ada)

    visitor.click("Renew", role="link")
    visitor.click("Renew")
    expect(page.locator(".status")).to_have_text("active")
    assert has_access(ada)

    schedule.run("notifications.jobs.deliver_notifications")
    told = sorted(event.body["type"] for event in aws.events())
    # A change of plan has a journey of its own: test_plan_change.py.
    walked = sorted(set(Transition) - {Transition.CHANGED})
    assert told == [f"subscription.{transition}.v1" for transition in walked]
    # What came after them made the other mails untrue before they went out.
    subjects = [mail.message["Subject"] for mail in aws.mails()]
    assert subjects == ["Your subscription to Free trial has begun", "Your subscription to Free trial is renewed"]
    reasons = SubscriptionEvent.objects.filter(transition="cancelled").values_list("reason", flat=True)
    assert list(reasons) == ["Only wanted to look.\nSorry."]


def test_double_click_subscribes_once(visitor: Visitor, free_plan: Plan, traffic: Traffic) -> None:
    visitor.sign_in(User.objects.create(username="ada", email="ada@example.com"))
    visitor.open("subscribe", free_plan.pk)
    visitor.page.get_by_role("button", name="Subscribe for free").dblclick(no_wait_after=True)
    expect(visitor.page.get_by_role("main")).to_contain_text("Free trial")
    expect(visitor.page.get_by_role("heading", level=1)).not_to_have_text("Subscribe to Free trial")
    traffic.wait_until_quiet()
    assert Subscription.objects.count() == 1


def test_keyboard_alone_suffices(visitor: Visitor, free_plan: Plan) -> None:
    page = visitor.page
    visitor.open("plans")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    expect(page.get_by_text("Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Subscribe to Free trial")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("User name or e-mail address")).to_be_focused()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_focused_skip_link_can_be_read(visitor: Visitor, free_plan: Plan, scheme: Scheme) -> None:
    visitor.use("phone", scheme)
    visitor.open("plans")
    visitor.page.keyboard.press("Tab")
    link = visitor.page.get_by_text("Skip to content")
    expect(link).to_be_focused()
    text, ground = (colour_of(link, name) for name in ("color", "background-color"))
    assert contrast(text, ground) >= READABLE
    visitor.keep_picture(f"skip-link-{scheme}", clip={"x": 0, "y": 0, "width": WIDTHS["phone"], "height": 120})


def test_admin_keeps_to_the_content_security_policy(visitor: Visitor, free_plan: Plan) -> None:
    visitor.sign_in(User.objects.create_superuser("root", "root@example.com", PASSWORD))
    for name, arguments in [
        ("admin:index", []),
        ("admin:subscriptions_plan_changelist", []),
        ("admin:subscriptions_plan_add", []),
        ("admin:subscriptions_plan_change", [free_plan.pk]),
        ("admin:accounts_user_add", []),
        ("admin:auth_group_changelist", []),
    ]:
        visitor.open(name, *arguments)
    visitor.click("Log out")
