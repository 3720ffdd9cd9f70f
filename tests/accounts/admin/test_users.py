"""Accounts in the admin."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_logged_in
from django.test import Client
from django.urls import reverse

from accounts.models import User
from foundation import clock
from subscriptions.access.managed_groups import managed_groups
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import EMAIL, has_access, make_plan, make_user, user_page, user_table
from tests.support.staff import choose, make_staff, sign_in

pytestmark = pytest.mark.django_db

USERS = [f"auth.{verb}_user" for verb in ("view", "add", "change", "delete")]


@pytest.fixture
def root() -> Client:
    return sign_in(make_user(username="root", is_staff=True, is_superuser=True))


def found(client: Client, query: dict[str, Any]) -> list[str]:
    """Return the names in the list of users."""
    answer = client.get(reverse(user_page("changelist")), query)
    assert answer.status_code == 200
    return [user.get_username() for user in answer.context["cl"].result_list]


def test_user_is_found_by_a_part_of_the_name_or_address(root: Client) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    make_user(username="adam", email="madam@example.com")
    assert found(root, {"q": "DAM"}) == ["adam"]
    assert found(root, {"q": "ada"}) == ["ada", "adam"]
    assert found(root, {"q": "a@example"}) == ["ada"]
    assert found(root, {"q": "nobody"}) == []
    assert found(root, {}) == ["ada", "adam", "root"]
    assert "Access" in root.get(reverse(user_page("change"), args=[ada.pk])).content.decode()


def test_short_name_is_found_in_full_and_its_two_letters_match_nobody_else(root: Client) -> None:
    make_user(username="bo", email="bo@example.com")
    make_user(username="bob", email="bob@example.com")
    assert found(root, {"q": "bo"}) == ["bo"]


@pytest.mark.parametrize("term", ["%", "___", "%%%", "\\\\\\"])
def test_wildcards_mean_themselves(root: Client, term: str) -> None:
    make_user(username="ada", email="ada@example.com")
    assert found(root, {"q": term}) == []


def test_list_says_when_the_database_finds_whole_names_only(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user(username="ada", email="ada@example.com")
    monkeypatch.setattr("accounts.admin.users.parts_are_indexed", lambda: False)
    assert found(root, {"q": "ada"}) == ["ada"]
    assert found(root, {"q": "ada@"}) == []
    page = root.get(reverse(user_page("changelist")), {"q": "ada@"}).content.decode()
    assert "Only whole names and addresses were searched" in page


def test_operators_find_each_other(root: Client) -> None:
    make_user(username="ada")
    assert found(root, {"is_staff": "1"}) == ["root"]
    assert found(root, {"is_staff": "\x00"}) == ["ada", "root"]


def edited(client: Client, user: User, **changes: Any) -> dict[str, Any]:
    """Return the data of the user's current form with these changes, to be posted at any later time."""
    form = client.get(change(user)).context["adminform"].form
    shown = {name: form.initial.get(name) for name in form.fields}
    split = {name: shown.pop(name) for name in list(shown) if isinstance(shown[name], datetime)}
    for name, value in split.items():
        shown |= {f"{name}_0": f"{value:%Y-%m-%d}", f"{name}_1": f"{value:%H:%M:%S}"}
    for name in ("groups", "user_permissions"):
        if name in shown:
            shown[name] = [row.pk for row in shown[name] if row in form.fields[name].queryset]
    checked = {name: value for name, value in shown.items() if value not in (None, False)}
    return checked | changes


def change(user: User) -> str:
    return reverse(user_page("change"), args=[user.pk])


def test_form_opened_before_a_subscription_ended_gives_no_access_back(root: Client) -> None:
    user = make_user()
    subscription = Service.create_subscription(user, make_plan())
    form = edited(root, user, first_name="Ada")
    Service.cancel_now(subscription, now=clock.now())
    assert root.post(change(user), form).status_code == 302
    user.refresh_from_db()
    assert user.first_name == "Ada"
    assert not has_access(user)


def test_form_opened_before_a_subscription_began_takes_no_access_away(root: Client) -> None:
    user = make_user()
    form = edited(root, user, first_name="Ada")
    Service.create_subscription(user, make_plan())
    assert root.post(change(user), form).status_code == 302
    assert has_access(user)


def test_groups_that_people_decide_about_are_saved_and_managed_ones_are_not_offered(root: Client) -> None:
    user, support, sales = make_user(), make_group("Support"), make_group("Sales")
    user.groups.add(sales)
    subscribers = managed_groups().get()
    form = edited(root, user, groups=[support.pk])
    assert list(root.get(change(user)).context["adminform"].form.fields["groups"].queryset) == [sales, support]
    root.post(change(user), form)
    assert list(user.groups.all()) == [support]
    page = root.post(change(user), form | {"groups": [subscribers.pk]})
    assert "groups" in page.context["adminform"].form.errors


def test_stale_form_does_not_turn_back_when_somebody_signed_in(root: Client) -> None:
    user = make_user()
    form = edited(root, user) | {"last_login_0": "2020-01-01", "last_login_1": "00:00:00"}
    user_logged_in.send(get_user_model(), user=user, request=None)
    root.post(change(user), form)
    user.refresh_from_db()
    assert user.last_login is not None
    assert user.last_login.year > 2020


def test_staff_do_not_give_rights_to_anybody() -> None:
    support, user = make_staff(*USERS), make_user()
    client, rights = sign_in(support), Permission.objects.first()
    assert rights is not None
    gifts = {
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [make_group("Everything").pk],
        "user_permissions": [rights.pk],
    }
    assert client.post(change(user), edited(client, user, first_name="Ada") | gifts).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.is_staff, user.is_superuser) == ("Ada", False, False)
    assert not user.groups.exists()
    assert not user.user_permissions.exists()
    new = {"username": "new", "usable_password": "true", "password1": "LongEnough-1", "password2": "LongEnough-1"}
    assert client.post(reverse(user_page("add")), new | gifts).status_code == 302
    made = get_user_model().objects.get(username="new")
    assert (made.is_staff, made.is_superuser, made.groups.exists()) == (False, False, False)


def accounts_with_rights() -> dict[str, User]:
    """Create an account of each kind with more rights than a subscriber."""
    power = Permission.objects.get(codename="renew_subscription")
    group = make_group("Billing", power)
    made = {
        "superuser": make_user(is_superuser=True),
        "staff": make_user(is_staff=True),
        "switched off": make_user(is_staff=True, is_active=False),
        "service": make_user(),
        "member": make_user(),
    }
    made["service"].user_permissions.add(power)
    made["member"].groups.add(group)
    return made


@pytest.mark.parametrize("kind", ["superuser", "staff", "switched off", "service", "member", "own"])
def test_staff_cannot_take_over_who_has_rights(kind: str) -> None:
    support = make_staff(*USERS)
    client = sign_in(support)
    account = support if kind == "own" else accounts_with_rights()[kind]
    before = get_user_model().objects.values().get(pk=account.pk)
    password = reverse("admin:auth_user_password_change", args=[account.pk])
    delete = reverse(user_page("delete"), args=[account.pk])
    new = {"usable_password": "true", "password1": "LongEnough-1", "password2": "LongEnough-1"}
    assert client.get(change(account)).status_code == 200
    assert client.post(change(account), {"username": "mine", "email": "mine@example.com"}).status_code == 403
    assert client.post(password, new).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403
    deletable = make_user()
    assert choose(client, user_table(), "delete_selected", [deletable.pk, account.pk], post="yes").status_code == 403
    assert get_user_model().objects.values().get(pk=account.pk) == before
    assert get_user_model().objects.filter(pk=deletable.pk).exists()


def test_staff_help_subscribers() -> None:
    client, user = sign_in(make_staff(*USERS)), make_user()
    Service.create_subscription(user, make_plan())
    new = {"usable_password": "true", "password1": "LongEnough-1", "password2": "LongEnough-1"}
    assert client.post(change(user), edited(client, user, **{EMAIL: "ada@example.com"})).status_code == 302
    assert client.post(reverse("admin:auth_user_password_change", args=[user.pk]), new).status_code == 302
    user.refresh_from_db()
    assert getattr(user, EMAIL) == "ada@example.com"
    assert user.check_password("LongEnough-1")
    stranger = make_user()
    assert client.post(reverse(user_page("delete"), args=[stranger.pk]), {"post": "yes"}).status_code == 302


def test_superusers_still_decide_all_of_it(root: Client) -> None:
    user, group = make_user(), make_group("Support")
    root.post(change(user), edited(root, user, is_staff="on", groups=[group.pk]))
    user.refresh_from_db()
    assert user.is_staff
    assert list(user.groups.all()) == [group]
    assert root.post(reverse(user_page("delete"), args=[user.pk]), {"post": "yes"}).status_code == 302


def make_group(name: str, *permissions: Permission) -> Group:
    group = Group.objects.create(name=name)
    group.permissions.add(*permissions)
    return group
