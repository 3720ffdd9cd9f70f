"""Appearance of the operator pages and their charts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken

from accounts.daily_counts import Counted, count
from accounts.two_factor import has_second_factor
from foundation import gate, registries
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local import demo
from notifications.models import Channel, Notification, State, database_time
from payments.models import Order
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService
from tests.browser.visitor import Visitor
from tests.support.factories import make_plan, make_user
from tests.support.gate import TABLE, make_table

DRAWN = "[...document.querySelectorAll('canvas')].map((one) => Chart.getChart(one).data.datasets.length)"
COLOUR = "Chart.getChart('live').data.datasets[0].borderColor"
# wait_for_function would evaluate a string at each look, which the page's policy forbids after the first one.
CHANGED = f"""(before) => new Promise((resolve) => {{
    const look = () => {COLOUR} === before ? setTimeout(look, 20) : resolve({COLOUR});
    look();
}})"""


@pytest.fixture
def visitor(visitor: Visitor) -> Visitor:
    """Sign in a superuser."""
    visitor.sign_in(make_user(username="root", is_staff=True, is_superuser=True))
    return visitor


def let_keys_be_large() -> None:
    """Give the rows to come keys of seven digits, as a service of some years has them."""
    with connection.cursor() as cursor:
        for model in (Subscription, Notification):
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 1234567)", [model._meta.db_table])


@pytest.fixture
def past(transactional_db: None) -> None:
    """Load the demo data of `make run`, with transitions, a sweep and deliveries."""
    now = datetime.now(UTC)
    let_keys_be_large()
    demo.load(now)
    SubscriptionService.sweep(now=now)
    Notification.objects.filter(channel=Channel.SES).update(state=State.SENT, finished_at=database_time())
    for ago in range(1, 25):
        for counted, number in zip(Counted, (ago % 7, ago % 3, ago % 2), strict=True):
            for _account in range(number):
                count(counted, now - timedelta(days=ago))
    failed = Notification.objects.filter(channel=Channel.SNS).order_by("pk")[:3].values("pk")
    Notification.objects.filter(pk__in=list(failed.values_list("pk", flat=True))).update(
        state=State.FAILED, finished_at=database_time(timedelta(days=-1)), error="MessageRejected"
    )


def test_dashboard(visitor: Visitor, past: None) -> None:
    visitor.open("admin:dashboard")
    assert visitor.page.evaluate(DRAWN) == [2, 2, 2, 1, 1, 3, 3, 3, 3, 1, 1]
    visitor.page.get_by_text("As a table").first.click()
    visitor.look_at("admin:dashboard")


def test_charts_follow_the_theme(visitor: Visitor, past: None) -> None:
    visitor.page.emulate_media(color_scheme="light")
    visitor.open("admin:dashboard")
    light = visitor.page.evaluate(COLOUR)
    visitor.page.emulate_media(color_scheme="dark")
    dark = visitor.page.evaluate(CHANGED, light)
    visitor.page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert visitor.page.evaluate(CHANGED, dark) == light


def test_dashboard_of_a_new_service(visitor: Visitor) -> None:
    visitor.open("admin:dashboard")
    visitor.look_at("dashboard-empty")


@pytest.fixture
def behind_a_gate(aws: LocalAWS, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show the card of a database that sleeps, as a process with GATE_TABLE does."""
    settings.GATE_TABLE = TABLE
    monkeypatch.setattr(registries.DASHBOARD, "_paths", dict(registries.DASHBOARD._paths))
    registries.DASHBOARD.register("config.operations.sleep_card.CARDS")
    make_table()
    gate.store.cache_clear()
    yield
    gate.store.cache_clear()


def test_dashboard_says_what_keeps_the_database_awake(visitor: Visitor, past: None, behind_a_gate: None) -> None:
    visitor.open("admin:dashboard")
    assert visitor.page.get_by_text("This keeps the database awake:").is_visible()
    assert visitor.page.get_by_text("Awake for jobs, last 24 hours").is_visible()
    visitor.look_at("dashboard-gate")


def test_missing_access_is_explained(visitor: Visitor, past: None) -> None:
    visitor.open("admin:explain_access", Subscription.objects.get(user__username="edsger").user_id)
    visitor.look_at("explain-access")


def test_cancelling_for_a_subscriber(visitor: Visitor, past: None) -> None:
    visitor.open("admin:subscriptions_subscription_changelist")
    ada = Subscription.objects.get(user__username="ada")
    visitor.page.get_by_role("row", name=f"{ada.pk} ada").get_by_role("checkbox").check()
    visitor.page.get_by_label("Action:").select_option("cancel_now")
    visitor.click("Go")
    visitor.look_at("admin-cancel-now")
    visitor.page.get_by_label("Reason").fill("Charged back")
    visitor.click("Cancel now")
    visitor.page.get_by_text(f"Cancel now: done for {ada.pk}.").wait_for()
    ada.refresh_from_db()
    assert ada.status == "expired"


def test_sending_again_what_may_have_arrived(visitor: Visitor, past: None) -> None:
    Notification.objects.filter(state=State.FAILED).update(state=State.UNKNOWN)
    visitor.open("admin:notifications_notification_changelist")
    visitor.page.get_by_role("checkbox", name="Select all objects on this page for an action").check()
    visitor.page.get_by_label("Action:").select_option("send_unknown_again")
    visitor.click("Go")
    visitor.look_at("admin-send-again")
    visitor.click("Send again")
    visitor.page.get_by_text("3 notifications go out with the next delivery.").wait_for()


def test_making_a_token(visitor: Visitor) -> None:
    payments = make_user(username="payments")
    visitor.open("admin:knox_authtoken_add")
    visitor.page.get_by_label("User:").fill(str(payments.pk))
    visitor.page.get_by_role("button", name="Save", exact=True).click()
    visitor.page.get_by_text("This token acts as payments.").wait_for()
    visitor.look_at("admin-new-token")
    assert AuthToken.objects.get().user == payments


CUT_OFF = """() => {
    const visible = document.querySelector('.results').getBoundingClientRect();
    const headings = [...document.querySelectorAll('#result_list th[scope=col]')];
    return headings.filter((one) => one.getBoundingClientRect().right > visible.right + 1).map((one) => one.innerText);
}"""


@pytest.mark.parametrize("name", ["subscriptions_subscription", "notifications_notification"])
def test_list_shows_its_columns_beside_the_filters(visitor: Visitor, past: None, name: str) -> None:
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    visitor.open(f"admin:{name}_changelist")
    assert visitor.page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("name", ["accounts_user", "knox_authtoken", "notifications_notification"])
def test_search_box_is_labelled(visitor: Visitor, past: None, name: str) -> None:
    visitor.open(f"admin:{name}_changelist")
    assert visitor.page.get_by_role("search").get_by_role("textbox", name="Search").is_visible()
    assert visitor.barriers() == []


def test_page_of_a_notification(visitor: Visitor, past: None) -> None:
    visitor.open("admin:notifications_notification_change", Notification.objects.earliest("pk").pk)
    assert visitor.page.locator("pre.message").is_visible()
    assert visitor.barriers() == []


def test_removing_a_lost_second_factor(visitor: Visitor) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    TOTPDevice.objects.create(user=ada, confirmed=True)
    visitor.open("admin:remove_second_factor", ada.pk)
    visitor.look_at("admin-remove-second-factor")
    visitor.page.get_by_label("Reason:").fill("came with a passport")
    visitor.click("Remove the second factor")
    assert not has_second_factor(ada)


def test_subscribing_a_user_who_pays(visitor: Visitor, settings: Any) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    make_user(username="ada", email="ada@example.com")
    make_plan()
    visitor.open("admin:subscriptions_subscription_add")
    visitor.look_at("admin-subscribe")
    visitor.page.get_by_label("User:").fill("ada")
    visitor.page.get_by_label("Plan:").select_option("Monthly")
    visitor.page.get_by_label("Payment:").select_option("They pay")
    visitor.page.get_by_label("Reason:").fill("Asked for it on the phone")
    visitor.click("Continue")
    visitor.look_at("admin-subscribe-order")
    visitor.click("Open the order")
    address = f"{visitor.site_url}{reverse('pay', args=[Order.objects.get().pk])}"
    assert address in visitor.page.get_by_role("main").inner_text()
    visitor.look_at("admin-subscribe-order-opened")
