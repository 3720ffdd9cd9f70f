"""Subscription actions of operators: permissions and recorded events."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import escape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.erasure import erase_user
from accounts.models import User
from foundation import admin as foundation_admin
from foundation import clock
from subscriptions.admin import bulk_actions
from subscriptions.models import Plan, Subscription, SubscriptionEvent, SweepRun
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Purchase
from tests.support.factories import has_access, make_plan, make_user, user_page
from tests.support.staff import choose, confirm, make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

VIEW = "subscriptions.view_subscription"
CHANGE = "subscriptions.change_subscription"
CANCEL_NOW = "subscriptions.cancel_subscription_now"
RENEW = "subscriptions.renew_subscription"
ACTIONS = {"cancel": CHANGE, "reactivate": CHANGE, "cancel_now": CANCEL_NOW, "renew": RENEW, "give_days": RENEW}


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def subscription(plan: Plan) -> Subscription:
    """Create a subscription that began an hour ago."""
    return Service.create_subscription(make_user(), plan, now=datetime.now(UTC) - timedelta(hours=1))


@pytest.fixture
def operator() -> User:
    return make_staff(VIEW, CHANGE, CANCEL_NOW, RENEW)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def last_event(subscription: Subscription) -> SubscriptionEvent:
    return subscription.events.latest("pk")


def listed(client: Client, **query: str) -> set[int]:
    page = client.get(reverse("admin:subscriptions_subscription_changelist"), query)
    assert page.status_code == 200
    return {row.pk for row in page.context["cl"].result_list}


def test_cancelling_asks_first_and_says_what_happens(client: Client, subscription: Subscription) -> None:
    page = choose(client, "subscriptions_subscription", "cancel", [subscription.pk])
    text = " ".join(page.content.decode().split())
    assert "Access stays until the end of each subscription" in text
    assert "This concerns 1 subscription:" in text
    assert f'name="_selected_action" value="{subscription.pk}"' in text
    subscription.refresh_from_db()
    assert subscription.status == "active"


def test_page_that_asks_leads_to_the_deed(client: Client, subscription: Subscription) -> None:
    page = choose(client, "subscriptions_subscription", "renew", [subscription.pk])
    (row,) = page.context["rows"]  # type: ignore[attr-defined]
    assert f'name="seen-{subscription.pk}" value="{escape(row[1])}"' in " ".join(page.content.decode().split())
    assert messages(confirm(client, "renew", [row[0]], reason="Goodwill")) == [f"Renew: done for {subscription.pk}."]


def test_cancelling_is_recorded_with_actor_and_reason(
    client: Client, operator: User, subscription: Subscription
) -> None:
    answer = confirm(client, "cancel", [subscription], reason="Asked by phone")
    assert messages(answer) == [f"Cancel at the end of the period: done for {subscription.pk}."]
    event = last_event(subscription)
    assert (event.transition, event.actor, event.reason) == ("cancelled", operator, "Asked by phone")
    assert has_access(subscription.user)


def test_cancel_now_takes_access_at_once(client: Client, operator: User, subscription: Subscription) -> None:
    confirm(client, "cancel_now", [subscription], reason="Charged back")
    event = last_event(subscription)
    assert (event.transition, event.actor, event.reason) == ("expired", operator, "Charged back")
    assert not has_access(subscription.user)


def test_reactivating_takes_the_cancellation_back(client: Client, operator: User, subscription: Subscription) -> None:
    Service.cancel_subscription(subscription)
    confirm(client, "reactivate", [subscription], reason="Asked to stay")
    event = last_event(subscription)
    assert (event.transition, event.actor, event.reason) == ("reactivated", operator, "Asked to stay")


def test_renewing_adds_a_period(client: Client, operator: User, subscription: Subscription) -> None:
    confirm(client, "renew", [subscription], reason="Goodwill")
    event = last_event(subscription)
    assert (event.transition, event.actor, event.reason) == ("renewed", operator, "Goodwill")
    assert event.new_end_date == subscription.end_date + timedelta(days=30)


def test_giving_days_adds_them_and_records_why(client: Client, operator: User, subscription: Subscription) -> None:
    answer = confirm(client, "give_days", [subscription], reason="Outage", days="10")
    assert messages(answer) == [f"Give days: done for {subscription.pk}."]
    event = last_event(subscription)
    assert (event.transition, event.actor, event.reason) == ("renewed", operator, "Outage")
    assert event.new_end_date == subscription.end_date + timedelta(days=10)
    assert event.price == 0


def test_erased_user_is_given_no_days(client: Client, subscription: Subscription, plan: Plan) -> None:
    user = subscription.user
    erase_user(user.pk, clock.now())
    held = Service.create_subscription(user, plan, bought=Purchase.of(plan))  # its money arrived after that
    answer = confirm(client, "give_days", [held], reason="Outage", days="10")
    assert messages(answer) == [f"Give days: user {user.pk} was erased, and gets nothing new."]
    assert last_event(held).transition == "created"


@pytest.mark.parametrize("days", ["", "0", "-1", "367", "1.5", "x"])
def test_days_that_are_a_typing_error_are_refused(client: Client, subscription: Subscription, days: str) -> None:
    answer = confirm(client, "give_days", [subscription], reason="Outage", days=days)
    assert answer.context["form"].errors["days"]  # type: ignore[attr-defined]
    assert last_event(subscription).transition == "created"


def test_second_click_gives_no_more_days(client: Client, subscription: Subscription) -> None:
    for _attempt in range(2):
        confirm(client, "give_days", [subscription], reason="Outage", days="10")
    assert subscription.events.filter(transition="renewed").count() == 1


def test_list_is_filtered_by_end_in_the_order_of_the_ends(client: Client, plan: Plan) -> None:
    now = datetime.now(UTC)
    ends = {"due": -1, "day": 0.5, "week": 3, "month": 20, "later": 40}
    made = {
        name: Service.create_subscription(make_user(), plan, now=now + timedelta(days=days) - plan_length(plan)).pk
        for name, days in reversed(ends.items())
    }
    found = {name: listed(client, ends=name) for name in ends}
    assert found["due"] == {made["due"]}
    assert found["day"] == {made["day"]}
    assert found["week"] == {made["day"], made["week"]}
    assert found["month"] == {made["day"], made["week"], made["month"]}
    assert found["later"] == {made["later"]}
    page = client.get(reverse("admin:subscriptions_subscription_changelist"), {"ends": "month"})
    assert [row.pk for row in page.context["cl"].result_list] == [made["day"], made["week"], made["month"]]


def plan_length(plan: Plan) -> timedelta:
    return timedelta(days=plan.duration_days)


def test_second_click_renews_nothing_more(client: Client, subscription: Subscription) -> None:
    confirm(client, "renew", [subscription], reason="Goodwill")
    answer = confirm(client, "renew", [subscription], reason="Goodwill")
    assert messages(answer) == [f"Renew: {subscription} has changed since it was shown; look at it again."]
    assert subscription.events.filter(transition="renewed").count() == 1


@pytest.mark.parametrize("edit", [{"price": "99.00"}, {"currency": "CHF"}, {"duration_days": 365}], ids=str)
def test_renewal_of_an_edited_plan_is_asked_about_again(
    client: Client, plan: Plan, subscription: Subscription, edit: dict[str, object]
) -> None:
    as_shown = Subscription.objects.select_related("plan").get(pk=subscription.pk)
    Plan.objects.update(**edit)
    answer = confirm(client, "renew", [as_shown], reason="Goodwill")
    assert answer.status_code == 409
    text = " ".join(answer.content.decode().split())
    assert "has changed since it was shown" in text
    assert "Goodwill" in text
    assert last_event(subscription).transition == "created"
    as_shown.refresh_from_db()
    assert messages(confirm(client, "renew", [as_shown], reason="Goodwill")) == [f"Renew: done for {as_shown.pk}."]


def test_only_what_changed_is_asked_about_again(client: Client, plan: Plan, subscription: Subscription) -> None:
    other = Service.create_subscription(make_user(), plan)
    Service.renew_subscription(Subscription.objects.get(pk=other.pk))
    answer = confirm(client, "cancel", [subscription, other], reason="Both")
    assert answer.status_code == 409
    assert [row.pk for row, _ in answer.context["rows"]] == [other.pk]  # type: ignore[attr-defined]
    assert (last_event(subscription).transition, last_event(other).transition) == ("cancelled", "renewed")


@pytest.mark.parametrize("sent", [None, "", "status=active", "status=active&end_date=soon", "%00", "=&="])
def test_nothing_is_done_without_what_was_shown(client: Client, subscription: Subscription, sent: str | None) -> None:
    shown = {} if sent is None else {f"seen-{subscription.pk}": sent}
    fields = {"confirmed": "yes", "reason": "Forged"} | shown
    answer = choose(client, "subscriptions_subscription", "cancel_now", [subscription.pk], **fields)
    assert answer.status_code == 409
    assert last_event(subscription).transition == "created"


@pytest.mark.parametrize("reason", ["", "x" * 501])
@pytest.mark.parametrize("action", list(ACTIONS))
def test_nothing_is_done_without_a_reason_that_fits(
    client: Client, subscription: Subscription, action: str, reason: str
) -> None:
    page = confirm(client, action, [subscription], reason=reason)
    assert page.context["form"].errors["reason"]  # type: ignore[attr-defined]
    assert last_event(subscription).transition == "created"


def test_illegal_move_of_one_does_not_stop_the_others(client: Client, plan: Plan, subscription: Subscription) -> None:
    ended = Service.create_subscription(make_user(), plan, now=datetime.now(UTC) - timedelta(days=10))
    Service.cancel_now(ended)
    answer = confirm(client, "cancel", [ended, subscription], reason="Both")
    assert sorted(messages(answer)) == [
        f"Cancel at the end of the period: done for {subscription.pk}.",
        f"Cancel at the end of the period: {ended} has ended and cannot be cancelled; renew it instead.",
    ]
    assert last_event(subscription).transition == "cancelled"


def test_cancelling_twice_does_not_pretend_to_record_the_reason(client: Client, subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, "The first")
    answer = confirm(client, "cancel", [subscription], reason="The second")
    assert "is cancelled already" in messages(answer)[0]


def test_too_many_at_once_do_nothing(
    client: Client, plan: Plan, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "MOST_AT_ONCE", 1)
    other = Service.create_subscription(make_user(), plan)
    answer = confirm(client, "renew", [subscription, other], reason="Goodwill")
    assert messages(answer) == ["Select at most 1 at a time. Nothing was done."]
    assert not SubscriptionEvent.objects.filter(transition="renewed").exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_needs_its_permission(subscription: Subscription, action: str) -> None:
    if action == "reactivate":
        Service.cancel_subscription(subscription)
    before = last_event(subscription)
    others = {permission for permission in ACTIONS.values() if permission != ACTIONS[action]}
    confirm(sign_in(make_staff(VIEW, *others)), action, [subscription], reason="May I?", days="1")
    assert last_event(subscription) == before
    confirm(sign_in(make_staff(VIEW, ACTIONS[action])), action, [subscription], reason="I may", days="1")
    assert last_event(subscription) != before


def test_staff_who_may_only_look_see_no_actions(subscription: Subscription) -> None:
    page = sign_in(make_staff(VIEW)).get(reverse("admin:subscriptions_subscription_changelist"))
    assert page.context["cl"].result_list
    assert page.context["action_form"] is None


@pytest.mark.parametrize("model", ["plan", "subscriptionevent"])
@pytest.mark.parametrize(("currency", "shown"), [("EUR", "12.90"), ("KWD", "12.900")])
def test_page_shows_the_decimals_of_the_currency(model: str, currency: str, shown: str) -> None:
    plan = make_plan(price=Decimal("12.90"), currency=currency)
    key = {"plan": plan.pk, "subscriptionevent": last_event(Service.create_subscription(make_user(), plan)).pk}[model]
    looker = sign_in(make_staff(f"subscriptions.view_{model}"))
    page = looker.get(reverse(f"admin:subscriptions_{model}_change", args=[key])).content.decode()
    assert re.findall(r">(12\.\d*)<", page) == [shown]


@pytest.mark.parametrize("model", ["subscription", "subscriptionevent", "sweeprun"])
def test_superuser_can_neither_write_rows_nor_delete_them(model: str, subscription: Subscription) -> None:
    client = sign_in(make_user(is_staff=True, is_superuser=True))
    run = SweepRun.objects.create(started_at=datetime.now(UTC))
    key = {"subscription": subscription.pk, "subscriptionevent": last_event(subscription).pk, "sweeprun": run.pk}[model]
    name = f"admin:subscriptions_{model}"
    assert client.get(reverse(f"{name}_change", args=[key])).status_code == 200
    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.post(reverse(f"{name}_change", args=[key]), {"status": "expired"}).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[key]), {"post": "yes"}).status_code == 403
    if model != "subscription":  # that page subscribes a user, through the service
        assert client.get(reverse(f"{name}_add")).status_code == 403


def test_search_finds_by_user_name_address_and_number(plan: Plan, client: Client) -> None:
    ada = make_user(username="ada", email="Ada@Example.com")
    hers = Service.create_subscription(ada, plan)
    Service.create_subscription(make_user(username="adam"), plan)
    for term in ("ada", "ada@example.COM", str(hers.pk)):
        assert listed(client, q=term) == {hers.pk}
    for term in ("ad", "nobody", "9" * 19, "9" * 30, "9" * 4301, "%"):
        assert listed(client, q=term) == set()


@pytest.mark.parametrize(
    "field",
    [
        "subscriptions_subscription.status",
        "subscriptions_subscriptionevent.transition",
        "notifications_notification.channel",
    ],
)
@pytest.mark.parametrize("value", ["\0", "unheard-of"])
def test_filter_by_no_choice_leads_to_the_list_without_filters(field: str, value: str) -> None:
    model, _, name = field.partition(".")
    client = sign_in(make_user(is_staff=True, is_superuser=True))
    answer = client.get(reverse(f"admin:{model}_changelist"), {f"{name}__exact": value}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1] == (f"{reverse(f'admin:{model}_changelist')}?e=1", 302)


def test_lists_cannot_be_sorted_by_a_column(plan: Plan, client: Client) -> None:
    keys = [Service.create_subscription(make_user(), plan).pk for _ in range(3)]
    page = client.get(reverse("admin:subscriptions_subscription_changelist"), {"o": "2"})
    assert [row.pk for row in page.context["cl"].result_list] == keys[::-1]


def test_long_list_says_that_it_is_cut(plan: Plan, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foundation_admin, "LONGEST_LIST", 2)
    for _ in range(3):
        Service.create_subscription(make_user(), plan)
    page = client.get(reverse("admin:subscriptions_subscription_changelist"))
    assert "the newest 2 subscriptions" in page.content.decode()


def test_failures_of_a_sweep_are_readable(subscription: Subscription) -> None:
    error = "IntegrityError: <b>no</b>"
    run = SweepRun.objects.create(started_at=datetime.now(UTC), failed=1, failures={str(subscription.pk): error})
    client = sign_in(make_staff("subscriptions.view_sweeprun"))
    text = client.get(reverse("admin:subscriptions_sweeprun_change", args=[run.pk])).content.decode()
    assert "IntegrityError: &lt;b&gt;no&lt;/b&gt;" in text
    assert reverse("admin:subscriptions_subscription_change", args=[subscription.pk]) in text


def test_page_that_explains_access_is_linked_and_answers(client: Client, subscription: Subscription) -> None:
    address = reverse("admin:explain_access", args=[subscription.user_id])
    user_admin = sign_in(make_staff("auth.view_user", VIEW))
    assert address in client.get(reverse("admin:subscriptions_subscription_changelist")).content.decode()
    assert address in user_admin.get(reverse(user_page("change"), args=[subscription.user_id])).content.decode()
    text = client.get(address).content.decode()
    assert f"because subscription {subscription.pk} (Monthly) is active" in text


def test_page_that_explains_access_is_for_those_who_may_see_subscriptions(subscription: Subscription) -> None:
    address = reverse("admin:explain_access", args=[subscription.user_id])
    assert sign_in(make_staff()).get(address).status_code == 403
    assert sign_in(subscription.user).get(address).status_code == 302
    assert sign_in(make_staff(VIEW)).get(reverse("admin:explain_access", args=[0])).status_code == 404
