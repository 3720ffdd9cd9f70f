"""Permissions on users, granted on the model of the release before and on this one's."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from accounts.grants import copy_grants
from accounts.models import User
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
VERBS = ("add", "change", "delete", "view")


@pytest.fixture
def old() -> dict[str, Permission]:
    """Return the permissions that a database of the release before has on `auth.User`, by verb."""
    content_type = ContentType.objects.create(app_label="auth", model="user")
    return {
        verb: Permission.objects.create(content_type=content_type, codename=f"{verb}_user", name=f"Can {verb} user")
        for verb in VERBS
    }


def new(verb: str) -> Permission:
    return Permission.objects.get(content_type__app_label="accounts", codename=f"{verb}_user")


def held(holder: User | Group, app: str) -> list[str]:
    """Return the holder's own permissions on the user model of the app."""
    permissions = holder.permissions if isinstance(holder, Group) else holder.user_permissions
    found = permissions.filter(content_type__app_label=app, content_type__model="user")
    return sorted(found.values_list("codename", flat=True))


def test_grants_of_users_and_groups_are_copied_once(old: dict[str, Permission]) -> None:
    user, group = make_user(), Group.objects.create(name="Support")
    User.user_permissions.through.objects.create(user=user, permission=old["change"])
    Group.permissions.through.objects.create(group=group, permission=old["view"])
    assert [copy_grants("default") for _ in range(2)] == [2, 0]
    assert (held(user, "accounts"), held(group, "accounts")) == (["change_user"], ["view_user"])
    assert (held(user, "auth"), held(group, "auth")) == (["change_user"], ["view_user"])


def test_permission_that_accounts_lack_is_created(old: dict[str, Permission]) -> None:
    own = Permission.objects.create(
        content_type=old["add"].content_type, codename="impersonate", name="Can impersonate"
    )
    user = make_user()
    User.user_permissions.through.objects.create(user=user, permission=own)
    assert copy_grants("default") == 1
    assert user.has_perm("accounts.impersonate")


@pytest.mark.parametrize("from_the_user", [True, False])
def test_change_of_a_grant_is_made_for_the_release_before_as_well(
    old: dict[str, Permission], from_the_user: bool
) -> None:
    user = make_user()
    users = new("view").user_set
    if from_the_user:
        user.user_permissions.add(new("view"), new("change"))
    else:
        users.add(user)
        user.user_permissions.add(new("change"))
    assert held(user, "auth") == ["change_user", "view_user"]
    if from_the_user:
        user.user_permissions.remove(new("view"))
    else:
        users.clear()
    assert held(user, "auth") == ["change_user"]
    assert copy_grants("default") == 0
    assert held(user, "accounts") == ["change_user"]


def test_change_of_a_group_is_made_for_the_release_before_as_well(old: dict[str, Permission]) -> None:
    group = Group.objects.create(name="Support")
    group.permissions.set([new("view"), new("delete")])
    group.permissions.set([new("delete")])
    assert held(group, "auth") == ["delete_user"]
    group.permissions.clear()
    assert held(group, "auth") == []


def test_database_without_the_model_of_the_release_before_gets_none() -> None:
    make_user().user_permissions.add(new("view"))
    assert copy_grants("default") == 0
    assert not ContentType.objects.filter(app_label="auth", model="user").exists()
