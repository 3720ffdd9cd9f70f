"""Whole service under the installed user model; `test_user_models` runs this for each of them."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.links import sign_up_url
from accounts.models import User
from foundation.jobs import retention
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local import demo
from infra.local.expected_results import ExpectedResults
from notifications.models import Notification
from notifications.outbox.delivery import Delivery
from notifications.preferences import wants_reminders
from notifications.unsubscription import link_of
from subscriptions.access.membership import find_mismatches
from subscriptions.announcements import unlimited
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.support.event_schema import problems
from tests.support.factories import EMAIL, NAME, as_named, has_access, make_plan, make_user, user_page
from tests.support.mailbox import link_to
from tests.support.staff import make_staff, sign_in

PASSWORD = "correct horse battery"
NEW = "another battery staple"


@pytest.fixture
def free(db: None) -> Plan:
    return make_plan(name="Free trial", price=0, duration_days=14)


@pytest.fixture
def grace(client: Client, db: None) -> User:
    """Create a user who has just signed up."""
    fields = as_named(username="grace", email="grace@example.com", password1=PASSWORD, password2=PASSWORD)
    assert client.post(reverse("sign_up"), fields).status_code == 302
    assert client.post(link_to("grace@example.com")).status_code == 302
    account: User = get_user_model()._base_manager.get()
    return account


@pytest.fixture
def root(db: None) -> Client:
    return sign_in(make_user(username="root", email="root@example.com", is_staff=True, is_superuser=True))


def page(client: Client, name: str, *arguments: object, **query: str) -> str:
    """Return the text of a page."""
    answer = client.get(reverse(name, args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_checks_find_nothing(db: None) -> None:
    call_command("check", databases=["default"], fail_level="WARNING", stdout=StringIO())
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=StringIO())


def test_subscriber_signs_up_and_in_and_subscribes(client: Client, grace: User, free: Plan) -> None:
    client.post(reverse("logout"))
    name = {"username": grace.get_username(), "password": PASSWORD}
    assert client.post(reverse("login"), name).headers["Location"] == reverse("subscriptions")
    assert grace.get_username() in page(client, "plans")
    client.post(reverse("subscribe", args=[free.pk]))
    subscription = Subscription.objects.get(user=grace.pk)
    assert has_access(grace)
    client.post(reverse("cancel_subscription", args=[subscription.pk]), {"reason": "Too dear"})
    client.post(reverse("reactivate_subscription", args=[subscription.pk]))
    shown = {"end_date": subscription.end_date.isoformat()}
    client.post(reverse("renew_subscription", args=[subscription.pk]), shown)
    kinds = subscription.events.order_by("pk").values_list("transition", "actor")
    moves = ["created", "cancelled", "reactivated", "renewed"]
    assert [kind for kind, _actor in kinds] == moves[: len(kinds)]
    assert {actor for _kind, actor in kinds} == {grace.pk}
    assert "Free trial" in page(client, "subscriptions")
    assert client.post(reverse("notification_preferences"), {}).status_code == 302
    assert not wants_reminders(grace.pk)


def test_account_that_is_there_is_not_made_again(client: Client, grace: User) -> None:
    fields = as_named(username="other", email="GRACE@example.com", password1=PASSWORD, password2=PASSWORD)
    assert Client().post(reverse("sign_up"), fields).status_code == 302
    assert mail.outbox[-1].subject == "Subscriptions: You have an account already"
    assert Client().post(urlsplit(sign_up_url("GRACE@example.com")).path).status_code == 410
    assert get_user_model()._base_manager.count() == 1


def test_forgotten_password_is_reset(client: Client, grace: User) -> None:
    Client().post(reverse("password_reset"), {"email": "grace@example.com"})
    form = client.get(link_to("grace@example.com")).headers["Location"]
    assert client.post(form, {"new_password1": NEW, "new_password2": NEW}).headers["Location"] == reverse("login")
    for typed in (grace.get_username(), "GRACE@example.com"):
        assert Client().post(reverse("login"), {"username": typed, "password": NEW}).status_code == 302


def test_sweep_ends_access_and_tells_the_subscriber_and_other_systems(grace: User, aws: LocalAWS) -> None:
    now = datetime.now(UTC)
    subscription = Service.create_subscription(grace, make_plan(), now=now - timedelta(days=31))
    other = Service.create_subscription(make_user(), make_plan(name="Other"), now=now)
    assert Service.sweep(now=now).expired == 1
    assert (has_access(grace), has_access(other.user)) == (False, True)
    Notification.objects.exclude(event__subscription=subscription).delete()
    Delivery(unlimited).run()
    mail = aws.mails()[-1]
    assert mail.recipients == ["grace@example.com"]
    assert f"Hello {grace.get_username()}," in mail.text("plain")
    event = aws.events()[-1].body
    assert problems(event) == []
    assert event["data"]["user_id"] == (grace.pk if isinstance(grace.pk, int) else str(grace.pk))


def test_access_is_audited_and_repaired(free: Plan, db: None) -> None:
    stale, missing = make_user(), make_user()
    subscription = Service.create_subscription(missing, free)
    stale.groups.set(missing.groups.all())
    missing.groups.clear()
    found = find_mismatches(subscription.start_date)
    assert (list(found.stale), list(found.missing)) == ([stale.pk], [missing.pk])
    call_command("audit_access", "--fix", stdout=StringIO())
    assert (has_access(stale), has_access(missing)) == (False, True)


def test_api_with_a_token(grace: User, free: Plan) -> None:
    out = StringIO()
    call_command("create_api_token", grace.get_username(), stdout=out)
    token = {"Authorization": f"Token {out.getvalue().strip()}"}
    answer = Client().post("/api/v1/subscriptions", {"plan": free.pk}, "application/json", headers=token)
    assert answer.status_code == 201
    caller = Caller(grace)
    once = caller.post(f"subscriptions/{answer.json()['id']}/cancel", {"reason": "Why not"}, key="once")
    again = caller.post(f"subscriptions/{answer.json()['id']}/cancel", {"reason": "Why not"}, key="once")
    assert (once.status_code, once.json()) == (again.status_code, again.json())
    history = caller.get(f"subscriptions/{answer.json()['id']}").json()["history"]
    assert [event["by"] for event in history] == ["subscriber", "subscriber"]
    assert Caller(make_user()).get(f"subscriptions/{answer.json()['id']}").status_code == 404


def test_link_in_a_reminder_turns_reminders_off(grace: User, free: Plan) -> None:
    address = link_of(grace).removeprefix("http://127.0.0.1:8000")
    assert Client().get(address).status_code == 200
    assert Client().post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not wants_reminders(grace.pk)


def test_operators_find_subscribers(root: Client, free: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    subscription = Service.create_subscription(ada, free)
    for term in (ada.get_username(), "ADA@example.com"):
        assert ada.get_username() in page(root, user_page("changelist"), q=term)
        for model in ("subscriptions_subscription", "subscriptions_subscriptionevent", "notifications_notification"):
            answer = root.get(reverse(f"admin:{model}_changelist"), {"q": term})
            assert answer.context["cl"].result_list
    assert "Why does" in page(root, "admin:explain_access", ada.pk)
    assert "My subscriptions" in page(root, "admin:preview_subscriptions", ada.pk)
    assert reverse("admin:explain_access", args=[ada.pk]) in page(root, user_page("change"), ada.pk)
    for nobody in ("0", "nobody", "9" * 30):
        assert root.get(reverse("admin:explain_access", args=[nobody])).status_code == 404
    page(root, "admin:subscriptions_subscription_change", subscription.pk)
    for name in ("admin:index", "admin:dashboard", "admin:knox_authtoken_changelist", "admin:knox_authtoken_add"):
        page(root, name)


def test_operators_make_and_change_users(root: Client, free: Plan) -> None:
    new = as_named(
        username="new", email="new@example.com", usable_password="true", password1=PASSWORD, password2=PASSWORD
    )
    page(root, user_page("add"))
    assert root.post(reverse(user_page("add")), new).status_code == 302
    made = get_user_model()._base_manager.get(**{NAME: new[NAME]})
    Service.create_subscription(made, free)
    changed = as_named(username="newer", email="newer@example.com", is_active="on")
    answer = root.post(reverse(user_page("change"), args=[made.pk]), changed)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made.refresh_from_db()
    assert getattr(made, EMAIL) == "newer@example.com"
    assert has_access(made)
    assert root.get(reverse(user_page("changelist")), {"is_staff": "1"}).context["cl"].result_count == 1


def test_staff_without_superuser_rights_give_none(free: Plan) -> None:
    support = sign_in(make_staff("auth.view_user", "auth.change_user"))
    user = make_user()
    gifts = as_named(username="mine", email="mine@example.com", is_active="on", is_staff="on", is_superuser="on")
    assert support.post(reverse(user_page("change"), args=[user.pk]), gifts).status_code == 302
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_old_rows_are_deleted(grace: User, free: Plan) -> None:
    Caller(grace).post("subscriptions", {"plan": free.pk}, key="once")
    deleted = retention.delete_old(datetime.now(UTC) + timedelta(days=500), unlimited)
    assert deleted["sessions"] == deleted["idempotent_requests"] == 1


def test_demo_is_loaded(db: None) -> None:
    now = datetime.now(UTC)
    assert demo.load(now)
    assert ExpectedResults.measure(now).due == 7
    assert Service.sweep(now=now).expired == 7
