"""Pages on which users download their data and delete their account."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import leaving
from accounts.erasure import erase_user
from accounts.jobs import erase_leaving_users
from accounts.leaving import PrivilegedAccount, leave_now
from accounts.models import SignIn, User
from accounts.profiles import is_erased
from accounts.sessions import begin_session
from accounts.tokens import make_token
from accounts.two_factor import new_recovery_codes
from foundation import clock
from subscriptions.announcements import unlimited
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_account, make_plan, make_user
from tests.support.lambda_context import SCHEDULED, Context
from tests.support.staff import begin_anew

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD, email="ada@example.com")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def shown(page: Client, **sent: str) -> str:
    """Return the page after this form, or as it is."""
    url = reverse("delete_account")
    answer = page.post(url, sent, follow=True) if sent else page.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_account_goes_at_once_with_what_was_paid_for(page: Client, ada: User) -> None:
    Service.create_subscription(ada, make_plan())
    assert "Monthly, which gives you access until" in shown(page)
    assert "Your account is deleted." in shown(page, when="now", password=PASSWORD)
    assert is_erased(ada.pk)
    assert page.get(reverse("account")).status_code == 302
    signed_in = Client().post(reverse("login"), {"username": "ada", "password": PASSWORD})
    assert signed_in.status_code == 200
    assert "correct user name" in signed_in.content.decode().replace("username", "user name")


def test_account_waits_for_the_end_and_can_be_kept_until_then(page: Client, ada: User) -> None:
    now = clock.now()
    kept = Service.create_subscription(ada, make_plan(), now=now)
    assert "Until then you can keep it." in shown(page, when="at_end", password=PASSWORD)
    kept.refresh_from_db()
    assert kept.status == "cancelled"
    assert leaving.erase_leavers(now, unlimited) == {"erased": 0, "waiting": 1, "failed": 0, "refused": 0}
    assert "Your account stays." in shown(page, keep="yes")
    assert leaving.erase_leavers(kept.end_date, unlimited) == {"erased": 0, "waiting": 0, "failed": 0, "refused": 0}
    assert not is_erased(ada.pk)


def test_job_erases_once_the_last_subscription_has_ended(page: Client, ada: User) -> None:
    last = Service.create_subscription(ada, make_plan(), now=clock.now())
    shown(page, when="at_end", password=PASSWORD)
    assert leaving.erase_leavers(last.end_date, unlimited) == {"erased": 1, "waiting": 0, "failed": 0, "refused": 0}
    assert is_erased(ada.pk)
    assert leaving.erase_leavers(last.end_date, unlimited) == {"erased": 0, "waiting": 0, "failed": 0, "refused": 0}
    assert list(last.events.values_list("transition", flat=True)) == ["created", "cancelled", "expired"]


@pytest.mark.django_db(transaction=True)
def test_job_ends_before_its_time_is_over(page: Client, ada: User) -> None:
    leaving.leave_at_end(ada, clock.now())
    assert erase_leaving_users(dict(SCHEDULED), Context()) == {"erased": 0, "waiting": 0, "failed": 0, "refused": 0}
    assert not is_erased(ada.pk)


def test_user_who_cannot_be_erased_stops_no_other(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_user()
    for user in (ada, other):
        leaving.leave_at_end(user, clock.now())

    def fail_for_ada(key: object, *arguments: object, **fields: object) -> bool:
        if key == ada.pk:
            raise RuntimeError("a receiver failed")
        return erase(key, *arguments, **fields)  # type: ignore[arg-type]

    erase = erase_user
    monkeypatch.setattr(leaving, "erase_user", fail_for_ada)
    assert leaving.erase_leavers(clock.now(), unlimited) == {"erased": 1, "waiting": 0, "failed": 1, "refused": 0}
    assert is_erased(other.pk)


def test_job_leaves_an_account_that_was_given_rights_since_to_an_administrator(ada: User) -> None:
    leaving.leave_at_end(ada, clock.now())
    ada.user_permissions.add(Permission.objects.get(codename="change_plan"))
    counted = leaving.erase_leavers(clock.now(), unlimited)
    assert counted == {"erased": 0, "waiting": 0, "failed": 0, "refused": 1}
    assert not is_erased(ada.pk)
    assert leaving.next_erasure(clock.now()) is None, "the next runs have nothing to do, and the database sleeps"


def test_wrong_password_deletes_nothing(page: Client, ada: User) -> None:
    assert "This is not your password." in shown(page, when="now", password="guessed")
    assert "This field is required." in shown(page, when="now")
    assert not is_erased(ada.pk)


@pytest.mark.parametrize(("age", "is_fresh"), [(timedelta(minutes=9), True), (timedelta(minutes=11), False)])
def test_account_without_a_password_needs_a_fresh_sign_in(
    page: Client, ada: User, age: timedelta, is_fresh: bool
) -> None:
    ada.set_unusable_password()
    ada.save()
    page.force_login(ada)
    begin_anew(page, ada)
    SignIn.objects.update(signed_in_at=clock.now() - age)
    said = shown(page, when="now")
    assert is_erased(ada.pk) == is_fresh
    assert ("Sign out and in again" in said) != is_fresh


def test_sign_in_elsewhere_makes_no_other_session_fresh(page: Client, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    page.force_login(ada)
    request = RequestFactory().get("/")
    request.session = Client().session
    begin_session(request, ada)
    assert "Sign out and in again" in shown(page, when="now")
    assert not is_erased(ada.pk)


def test_without_a_subscription_only_now_is_offered(page: Client, ada: User) -> None:
    assert "When my last subscription has ended" not in shown(page)
    assert "Select a valid choice" in shown(page, when="at_end", password=PASSWORD)


def test_account_with_rights_is_left_to_an_administrator(client: Client) -> None:
    root = make_account("root", PASSWORD, is_staff=True)
    client.force_login(root)
    assert "Ask another administrator" in shown(client)
    assert "Ask another administrator" in shown(client, when="now", password=PASSWORD)
    with pytest.raises(PrivilegedAccount):
        leave_now(root, clock.now())
    assert not is_erased(root.pk)


def test_download_holds_what_is_stored_and_no_secret(page: Client, ada: User) -> None:
    kept = Service.create_subscription(ada, make_plan())
    Service.cancel_subscription(kept, "too dear", actor=ada)
    _, secret = make_token(ada, 5, name="laptop", scopes=["subscriptions:read"])
    app = TOTPDevice.objects.create(user=ada, name="app", confirmed=True)
    TOTPDevice.objects.create(user=ada, name="app", confirmed=False)
    codes = new_recovery_codes(ada)
    assert "Download my data" in page.get(reverse("download_data")).content.decode()

    answer = page.post(reverse("download_data"))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    text = answer.content.decode()
    data = json.loads(text)
    assert data["account"]["email"] == "ada@example.com"
    (subscription,) = data["subscriptions"]
    assert subscription["plan"] == "Monthly"
    assert [event["transition"] for event in subscription["history"]] == ["created", "cancelled"]
    assert subscription["history"][1] | {"by": "subscriber", "reason": "too dear"} == subscription["history"][1]
    assert [token["name"] for token in data["api_tokens"]] == ["laptop"]
    assert {mail["kind"] for mail in data["notifications"]} == {"created", "cancelled"}
    assert [factor["name"] for factor in data["second_factors"]] == ["app", "recovery"]
    assert all(factor["created_at"] and factor["last_used_at"] is None for factor in data["second_factors"])
    assert not [hidden for hidden in (secret, app.key, *codes) if hidden in text]
    assert ada.password not in text


def test_pages_are_for_users_only(client: Client) -> None:
    for name in ("delete_account", "download_data", "account_language"):
        assert client.post(reverse(name)).status_code == 302
