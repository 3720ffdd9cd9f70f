"""Operators subscribe a user: who may, what is shown, recorded and refused."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.erasure import erase_user, pseudonym_of
from accounts.models import User
from foundation import clock
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import has_access, make_plan, make_user, user_page
from tests.support.staff import make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

ADD = "subscriptions.add_subscription"
VIEW = "subscriptions.view_subscription"


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def ada() -> User:
    return make_user(username="ada", email="ada@example.com")


@pytest.fixture
def operator() -> User:
    return make_staff(ADD, VIEW)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def address() -> str:
    return reverse("admin:subscriptions_subscription_add")


def answers(plan: Plan, **others: str) -> dict[str, Any]:
    return {"user": "ada", "plan": plan.pk, "reason": "Won a prize"} | others


def hidden(page: Any) -> dict[str, str]:
    """Return the fields of the page that asks for confirmation, as a browser sends them back."""
    inputs = re.findall(r"<input[^>]*>", page.content.decode())
    found = {}
    for text in inputs:
        if 'type="hidden"' in text and (name := re.search(r'name="([^"]+)"', text)):
            value = re.search(r'value="([^"]*)"', text)
            found[name[1]] = value[1] if value else ""
    return found


def confirmed(client: Client, plan: Plan, **others: str) -> Any:
    page = client.post(address(), answers(plan, **others))
    assert page.status_code == 200
    return client.post(address(), hidden(page), follow=True)


@pytest.mark.parametrize("who", ["ada", "ADA@example.com"])
def test_user_is_subscribed_once_the_terms_are_confirmed(
    client: Client, operator: User, ada: User, plan: Plan, who: str
) -> None:
    page = client.post(address(), answers(plan, user=who))
    text = " ".join(page.content.decode().split())
    assert "Nothing is charged." in text
    assert "9.90 EUR" in text
    assert not Subscription.objects.exists()
    answer: Any = client.post(address(), hidden(page), follow=True)
    assert messages(answer) == ["ada is subscribed to Monthly."]
    event = SubscriptionEvent.objects.get()
    assert (event.transition, event.actor, event.reason) == ("created", operator, "Won a prize")
    assert event.subscription.user == ada
    assert has_access(ada)


def test_terms_that_changed_are_shown_again(client: Client, ada: User, plan: Plan) -> None:
    page = client.post(address(), answers(plan))
    Plan.objects.update(duration_days=365)
    answer = client.post(address(), hidden(page))
    assert answer.status_code == 409
    assert "365 days" in answer.content.decode()
    assert not Subscription.objects.exists()


def test_user_with_the_plan_is_refused_and_nothing_changes(client: Client, ada: User, plan: Plan) -> None:
    Service.create_subscription(ada, plan)
    answer = confirmed(client, plan)
    assert answer.status_code == 409
    assert "has the live subscription" in answer.content.decode()
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"), [("user", "nobody"), ("user", ""), ("plan", "0"), ("reason", ""), ("reason", "x" * 501)]
)
def test_bad_answers_are_refused(client: Client, ada: User, plan: Plan, field: str, value: str) -> None:
    page = client.post(address(), answers(plan) | {field: value, "confirmed": "yes"})
    assert page.context["form"].errors[field]
    assert not Subscription.objects.exists()


def test_erased_user_is_refused(client: Client, ada: User, plan: Plan) -> None:
    erase_user(ada.pk, clock.now())
    answer = confirmed(client, plan, user=pseudonym_of(ada.pk))
    assert answer.status_code == 409
    assert f"user {ada.pk} was erased, and gets nothing new." in answer.content.decode()
    assert not Subscription.objects.exists()


def test_plan_that_is_not_on_sale_is_not_offered(client: Client, ada: User, plan: Plan) -> None:
    Plan.objects.update(on_sale=False)
    assert client.post(address(), answers(plan)).context["form"].errors["plan"]


def test_account_page_leads_to_it_with_the_user_filled_in(ada: User, plan: Plan) -> None:
    client = sign_in(make_staff(ADD, "auth.view_user"))
    link = reverse("admin:subscribe_user", args=[ada.pk])
    assert link in client.get(reverse(user_page("change"), args=[ada.pk])).content.decode()
    assert 'value="ada"' in client.get(link).content.decode()


def test_only_holders_of_the_permission_subscribe_others(ada: User, plan: Plan) -> None:
    for staff in (make_staff(), make_staff(VIEW, "subscriptions.change_subscription")):
        client = sign_in(staff)
        for url in (address(), reverse("admin:subscribe_user", args=[ada.pk])):
            assert client.get(url).status_code == 403
            assert client.post(url, answers(plan, confirmed="yes")).status_code == 403
    assert not Subscription.objects.exists()
