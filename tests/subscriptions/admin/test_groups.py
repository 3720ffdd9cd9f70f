"""Groups in admin and ORM: protection of managed groups, and permissions for others."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from subscriptions.access.managed_groups import GROUP
from subscriptions.errors import ManagedGroupProtected
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import has_access, make_plan, make_user
from tests.support.staff import choose, make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    return sign_in(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def power() -> Permission:
    """Return the permission to cancel any subscription now."""
    return Permission.objects.get(codename="cancel_subscription_now")


@pytest.fixture
def managed() -> Group:
    return Group.objects.get(name=GROUP)


@pytest.fixture
def subscriber() -> User:
    user = make_user()
    Service.create_subscription(user, make_plan())
    return user


def address(view: str, group: Group) -> str:
    return reverse(f"admin:auth_group_{view}", args=[group.pk])


def refused(client: Client, group: Group, data: dict[str, Any]) -> dict[str, list[str]]:
    """Return the errors of the form."""
    page = client.post(address("change", group), data)
    assert page.status_code == 200
    errors: dict[str, list[str]] = page.context["adminform"].form.errors
    return errors


def test_managed_group_cannot_be_renamed(root: Client, managed: Group) -> None:
    (reason,) = refused(root, managed, {"name": "Customers"})["name"]
    assert "Subscriptions manage the members of this group" in reason
    managed.refresh_from_db()
    assert managed.name == GROUP


def test_managed_group_gets_no_permission_and_can_lose_one(root: Client, managed: Group, power: Permission) -> None:
    (reason,) = refused(root, managed, {"name": GROUP, "permissions": [power.pk]})["permissions"]
    assert "every subscriber would have: Can end any subscription at once" in reason
    Group.permissions.through.objects.create(group=managed, permission=power)
    assert root.post(address("change", managed), {"name": GROUP, "permissions": [power.pk]}).status_code == 302
    assert root.post(address("change", managed), {"name": GROUP}).status_code == 302
    assert not managed.permissions.exists()


def test_managed_group_cannot_be_deleted(root: Client, managed: Group, subscriber: User) -> None:
    other = Group.objects.create(name="Support")
    page = root.get(address("delete", managed))
    assert "every subscriber would lose access" in page.content.decode()
    root.post(address("delete", managed), {"post": "yes"})
    answer = choose(root, "auth_group", "delete_selected", [managed.pk, other.pk], post="yes")
    assert "every subscriber would lose access" in answer.content.decode()
    assert Group.objects.filter(pk__in=[managed.pk, other.pk]).count() == 2
    assert has_access(subscriber)


def test_other_groups_are_the_superusers_own(root: Client, power: Permission) -> None:
    assert root.post(reverse("admin:auth_group_add"), {"name": "Support", "permissions": [power.pk]}).status_code == 302
    group = Group.objects.get(name="Support")
    assert root.post(address("change", group), {"name": "Operators"}).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.permissions.exists()) == ("Operators", False)
    choose(root, "auth_group", "delete_selected", [group.pk], post="yes")
    assert not Group.objects.filter(pk=group.pk).exists()


def test_staff_give_themselves_no_permission_by_a_group_that_they_are_in(power: Permission) -> None:
    staff = make_staff(*(f"auth.{verb}_group" for verb in ("view", "add", "change", "delete")))
    group = Group.objects.create(name="Support")
    staff.groups.add(group)
    client = sign_in(staff)
    assert client.get(address("change", group)).status_code == 200
    assert client.post(address("change", group), {"name": "Support", "permissions": [power.pk]}).status_code == 403
    assert client.post(reverse("admin:auth_group_add"), {"name": "Mine"}).status_code == 403
    assert client.post(address("delete", group), {"post": "yes"}).status_code == 403
    assert not group.permissions.exists()


def test_orm_refuses_the_same(managed: Group, power: Permission) -> None:
    with pytest.raises(ManagedGroupProtected, match="by its name"), transaction.atomic():
        Group(pk=managed.pk, name="Customers").save(force_update=True)
    managed.name = "Customers"
    with pytest.raises(ManagedGroupProtected, match="by its name"), transaction.atomic():
        managed.save()
    with pytest.raises(ManagedGroupProtected, match="would lose access"), transaction.atomic():
        Group.objects.filter(pk=managed.pk).delete()
    with pytest.raises(ManagedGroupProtected, match="give permissions to another"), transaction.atomic():
        managed.permissions.add(power)
    with pytest.raises(ManagedGroupProtected, match="give permissions to another"), transaction.atomic():
        power.group_set.add(managed)
    with pytest.raises(ManagedGroupProtected, match="give permissions to another"), transaction.atomic():
        managed.permissions.set([power])
    assert Group.objects.filter(name=GROUP, permissions__isnull=True).exists()
