"""Erasure of a user by an operator."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.erasure import pseudonym_of
from accounts.models import Profile, User
from accounts.profiles import is_erased
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user, user_page
from tests.support.staff import make_staff, messages, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user(username="ada", email="ada@example.com")


def url(user: User) -> str:
    return reverse("admin:erase_user", args=[user.pk])


def test_operator_with_the_permission_erases_with_a_reason_on_record(ada: User) -> None:
    operator = make_staff("accounts.erase_user", "auth.view_user")
    Service.create_subscription(ada, make_plan())
    client = sign_in(operator)
    assert "Monthly, which gives you access until" in client.get(url(ada)).content.decode()

    answer = client.post(url(ada), {"reason": "ada@example.com wrote a letter"}, follow=True)

    assert messages(answer) == [f"User {ada.pk} is erased."]  # type: ignore[arg-type]
    assert is_erased(ada.pk)
    record = Profile.objects.get(user=ada.pk)
    assert (record.erased_by, record.erasure_reason) == (operator, f"{pseudonym_of(ada.pk)} wrote a letter")
    entry = LogEntry.objects.get(object_id=str(ada.pk))
    assert (entry.user, entry.object_repr) == (operator, pseudonym_of(ada.pk))
    assert entry.change_message == f"erased: {pseudonym_of(ada.pk)} wrote a letter"


def test_reason_is_required(ada: User) -> None:
    client = sign_in(make_staff("accounts.erase_user", "auth.view_user"))
    assert "This field is required." in client.post(url(ada), {"reason": ""}).content.decode()
    assert not is_erased(ada.pk)


def test_second_erasure_says_so(ada: User) -> None:
    client = sign_in(make_staff("accounts.erase_user", "auth.view_user"))
    client.post(url(ada), {"reason": "wished"})
    answer = client.post(url(ada), {"reason": "again"}, follow=True)
    assert messages(answer)[-1:] == [f"User {ada.pk} was erased before."]  # type: ignore[arg-type]
    assert LogEntry.objects.filter(object_id=str(ada.pk)).count() == 1


@pytest.mark.parametrize("permissions", [(), ("auth.view_user", "auth.change_user", "auth.delete_user")])
def test_operator_without_the_permission_erases_nobody(ada: User, permissions: tuple[str, ...]) -> None:
    client = sign_in(make_staff(*permissions))
    assert client.get(url(ada)).status_code == client.post(url(ada), {"reason": "x"}).status_code == 403
    assert not is_erased(ada.pk)


def test_only_a_superuser_erases_an_account_with_rights_and_nobody_their_own() -> None:
    staff, root = make_staff("accounts.erase_user"), make_user(is_staff=True, is_superuser=True)
    other = make_staff("subscriptions.view_subscription")
    assert sign_in(staff).post(url(other), {"reason": "left"}).status_code == 403
    assert sign_in(root).post(url(root), {"reason": "left"}).status_code == 403
    assert sign_in(root).post(url(other), {"reason": "left"}).status_code == 302
    assert (is_erased(other.pk), is_erased(root.pk)) == (True, False)


def test_link_is_on_the_users_page_and_strangers_see_nothing(ada: User, client: Client) -> None:
    shown = sign_in(make_user(is_staff=True, is_superuser=True)).get(reverse(user_page("change"), args=[ada.pk]))
    assert url(ada) in shown.content.decode()
    assert client.get(url(ada)).status_code == 302


@pytest.mark.parametrize("key", ["0", "x", "99999999999999999999"])
def test_unknown_user_is_a_404(key: str) -> None:
    root = sign_in(make_user(is_staff=True, is_superuser=True))
    assert root.get(reverse("admin:erase_user", args=[key])).status_code == 404


def test_erased_account_is_shown_and_no_longer_changed(ada: User) -> None:
    root = sign_in(make_user(username="root", is_staff=True, is_superuser=True))
    root.post(url(ada), {"reason": "asked to"})
    page = reverse(user_page("change"), args=[ada.pk])
    assert pseudonym_of(ada.pk) in root.get(page).content.decode()
    for changed in (page, f"{page.removesuffix('change/')}password/"):
        answer = root.post(changed, {"username": "ada", "usable_password": "true"})
        assert answer.status_code == 403, changed
    ada.refresh_from_db()
    assert ada.username == pseudonym_of(ada.pk)
