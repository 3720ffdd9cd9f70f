"""Changing the plan on pages, over the API and in the admin, with payments on."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.models import Order, Payment
from payments.received_money.recording import record_payment
from subscriptions.admin.bulk_actions import CHANGE_PLAN, state_of
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from tests.api.callers import Caller, assert_problem
from tests.payments.opened_orders import money
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]

HALF = NOW + MONTH / 2


@pytest.fixture(autouse=True)
def _half_of_the_period_is_over() -> Any:
    with time_machine.travel(HALF, tick=False):
        yield


@pytest.fixture
def yearly() -> Plan:
    return make_plan(name="Yearly", price=99, duration_days=365)


@pytest.fixture
def page(subscription: Subscription) -> Client:
    return sign_in(subscription.user)


def address(subscription: Subscription, plan: Plan) -> str:
    return reverse("change_plan", args=[subscription.pk, plan.pk])


def terms(subscription: Subscription, plan: Plan, at: str) -> dict[str, str]:
    return Terms.of_change(subscription, plan).as_text() | {"at": at}


def test_subscription_leads_to_the_plans_that_it_can_change_to(
    page: Client, subscription: Subscription, yearly: Plan
) -> None:
    make_plan(name="Off sale", on_sale=False)
    own = reverse("subscription", args=[subscription.pk])
    assert reverse("choose_plan", args=[subscription.pk]) in page.get(own).content.decode()
    text = page.get(reverse("choose_plan", args=[subscription.pk])).content.decode()
    assert address(subscription, yearly) in text
    assert address(subscription, subscription.plan) not in text
    assert "Off sale" not in text


def test_without_another_plan_the_page_says_so(page: Client, subscription: Subscription) -> None:
    text = page.get(reverse("choose_plan", args=[subscription.pk])).content.decode()
    assert "There is no other plan that you can change to." in text


def test_page_says_what_the_change_costs_now_and_later(page: Client, subscription: Subscription, yearly: Plan) -> None:
    text = page.get(address(subscription, yearly)).content.decode()
    for said in ("99.00 EUR", "4.95 EUR", "94.05 EUR", "Change at the end of the period"):
        assert said in text


def test_change_is_planned_shown_and_undone(page: Client, subscription: Subscription, yearly: Plan) -> None:
    page.post(address(subscription, yearly), terms(subscription, yearly, "period_end"))
    assert Subscription.objects.get().next_plan == yearly
    text = page.get(reverse("subscription", args=[subscription.pk])).content.decode()
    assert "It changes to Yearly" in text
    assert "Keep Monthly" in text

    page.post(address(subscription, subscription.plan))
    assert Subscription.objects.get().next_plan is None


def test_change_now_leads_to_the_order_and_its_receipt(page: Client, subscription: Subscription, yearly: Plan) -> None:
    answer = page.post(address(subscription, yearly), terms(subscription, yearly, "now"))
    order = Order.objects.get(kind="change")
    assert answer["Location"] == reverse("pay", args=[order.pk])
    text = page.get(answer["Location"]).content.decode()
    for said in ("94.05 EUR", "4.95 EUR", "99.00 EUR"):
        assert said in text

    payment = record_payment(order, money("94.05"), now=clock.now())
    assert Subscription.objects.get().plan == yearly
    receipt = page.get(reverse("receipt", args=[payment.pk])).content.decode()
    assert "94.05 EUR" in receipt
    assert "4.95 EUR" in receipt
    assert "From Monthly to Yearly" in page.get(reverse("subscription", args=[subscription.pk])).content.decode()


def test_credit_that_pays_all_changes_the_plan_at_once(page: Client, subscription: Subscription) -> None:
    small = make_plan(name="Small", price=1)
    page.post(address(subscription, small), terms(subscription, small, "now"))
    stored = Subscription.objects.get()
    assert (stored.plan, stored.end_date) == (small, HALF + MONTH * 4.95)
    assert not Order.objects.filter(kind="change").exists()


def test_price_that_changed_since_the_page_is_shown_again(
    page: Client, subscription: Subscription, yearly: Plan
) -> None:
    shown = terms(subscription, yearly, "now")
    Plan.objects.filter(pk=yearly.pk).update(price=120)
    answer = page.post(address(subscription, yearly), shown)
    assert answer.status_code == 409
    assert "120.00 EUR" in answer.content.decode()
    assert not Order.objects.filter(kind="change").exists()


def test_pages_of_others_and_of_what_cannot_change_say_so(
    page: Client, subscription: Subscription, yearly: Plan
) -> None:
    stranger = sign_in(make_user())
    assert stranger.get(address(subscription, yearly)).status_code == 404
    assert page.get(address(subscription, make_plan(on_sale=False))).status_code == 409
    other = page.get(address(subscription, make_plan(currency="JPY", price=990)))
    assert "another currency" in other.content.decode()
    Service.cancel_subscription(subscription, now=HALF)
    assert page.get(address(subscription, yearly)).status_code == 409


def test_owner_of_a_free_plan_cannot_renew_into_a_paid_one(yearly: Plan) -> None:
    free = Service.create_subscription(make_user(), make_plan(price=0), now=NOW)
    browser, owner = sign_in(free.user), Caller(free.user)
    assert owner.post(f"subscriptions/{free.pk}/change-plan", {"plan": yearly.pk}).status_code == 200
    with time_machine.travel(NOW + MONTH - timedelta(hours=1), tick=False):
        browser.force_login(free.user)
        assert_problem(owner.post(f"subscriptions/{free.pk}/renew"), 402)
        page = reverse("renew_subscription", args=[free.pk])
        free.refresh_from_db()
        answer = browser.post(page, Terms.of_renewal(free).as_text())
    assert answer["Location"] == reverse("pay", args=[Order.objects.get().pk])
    assert Order.objects.get().amount == 99
    assert Subscription.objects.get().plan.is_free


def test_api_plans_a_change_and_undoes_it(subscription: Subscription, yearly: Plan) -> None:
    owner = Caller(subscription.user)
    path = f"subscriptions/{subscription.pk}/change-plan"
    assert owner.post(path, {"plan": yearly.pk}).json()["next_plan"] == yearly.pk
    assert owner.post(path, {"plan": subscription.plan_id}).json()["next_plan"] is None
    body = assert_problem(owner.post(path, {"plan": subscription.plan_id}), 409)
    assert body["type"].endswith(":plan-unchanged")


def test_api_answers_402_with_the_order_of_the_difference(subscription: Subscription, yearly: Plan) -> None:
    owner = Caller(subscription.user)
    body = assert_problem(
        owner.post(f"subscriptions/{subscription.pk}/change-plan", {"plan": yearly.pk, "when": "now"}, key="k"), 402
    )
    order = Order.objects.get(kind="change")
    assert (body["order"], order.amount) == (order.pk, Decimal("94.05"))


def test_api_changes_at_once_where_the_credit_pays_all_and_once_per_key(subscription: Subscription) -> None:
    small, owner = make_plan(name="Small", price=1), Caller(subscription.user)
    wish = {"plan": small.pk, "when": "now", "expected_price": "1.00"}
    answers = [owner.post(f"subscriptions/{subscription.pk}/change-plan", wish, key="k") for _again in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["plan"]["id"] == small.pk
    assert SubscriptionEvent.objects.filter(transition="changed").count() == 1


def test_operator_changes_the_plan_free_of_charge_over_the_api(subscription: Subscription, yearly: Plan) -> None:
    staff = make_user(is_staff=True)
    wish = {"plan": yearly.pk, "when": "now", "reason": "Outage"}
    for right in ("view_subscription", "change_subscription"):
        staff.user_permissions.add(Permission.objects.get(codename=right))
    assert Caller(staff).post(f"subscriptions/{subscription.pk}/change-plan", wish).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="change_plan_at_once"))
    assert (
        Caller(type(staff).objects.get(pk=staff.pk))
        .post(f"subscriptions/{subscription.pk}/change-plan", wish)
        .status_code
        == 200
    )
    event = SubscriptionEvent.objects.latest("pk")
    assert (event.transition, event.actor, event.reason) == ("changed", staff, "Outage")
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("at", ["now", "period_end"])
def test_operator_changes_the_plan_in_the_admin(subscription: Subscription, yearly: Plan, at: str) -> None:
    staff = sign_in(make_staff("subscriptions.view_subscription", "subscriptions.change_plan_at_once"))
    wish = {
        "action": "change_plan",
        ACTION_CHECKBOX_NAME: [subscription.pk],
        f"seen-{subscription.pk}": state_of(subscription, CHANGE_PLAN),
        "confirmed": "1",
        "plan": yearly.pk,
        "at": at,
        "reason": "Asked by phone",
    }
    staff.post(reverse("admin:subscriptions_subscription_changelist"), wish)
    stored = Subscription.objects.get()
    assert (stored.plan if at == "now" else stored.next_plan) == yearly
    assert stored.end_date == NOW + MONTH


def test_admin_action_needs_its_permission(subscription: Subscription) -> None:
    staff = sign_in(make_staff("subscriptions.view_subscription", "subscriptions.change_subscription"))
    text = staff.get(reverse("admin:subscriptions_subscription_changelist")).content.decode()
    assert 'value="cancel"' in text
    assert 'value="change_plan"' not in text
