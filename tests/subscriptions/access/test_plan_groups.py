"""Groups that plans grant: given and taken with subscriptions, audited, and followed when a plan is edited."""

import logging
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.privileges import is_privileged
from foundation import clock
from subscriptions.access.audit import AccessAudit
from subscriptions.access.membership import find_mismatches
from subscriptions.announcements import unlimited
from subscriptions.errors import ManagedGroupProtected
from subscriptions.forms import PlanForm
from subscriptions.models import AccessAuditRun, Plan
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def group(name: str) -> Group:
    return Group.objects.create(name=name)


def root() -> Client:
    return sign_in(make_user(is_staff=True, is_superuser=True))


def plan_with(*names: str) -> Plan:
    plan = make_plan()
    plan.groups.add(*[Group.objects.get_or_create(name=name)[0] for name in names])
    return plan


def groups_of(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True)) - {"Subscribers"}


def test_subscription_grants_the_groups_of_its_plan_until_the_sweep() -> None:
    user = make_user()
    Service.create_subscription(user, plan_with("Readers", "Writers"), now=NOW)
    assert groups_of(user) == {"Readers", "Writers"}
    assert Service.sweep(now=NOW + MONTH - timedelta(microseconds=1)).expired == 0
    assert groups_of(user) == {"Readers", "Writers"}
    assert Service.sweep(now=NOW + MONTH).expired == 1
    assert groups_of(user) == set()
    assert not has_access(user)


def test_renewal_of_an_expired_subscription_grants_its_groups_again() -> None:
    user, plan = make_user(), plan_with("Readers")
    subscription = Service.create_subscription(user, plan, now=NOW)
    Service.cancel_now(subscription, now=NOW + timedelta(days=1))
    assert groups_of(user) == set()
    Service.renew_subscription(subscription, now=NOW + MONTH)
    assert groups_of(user) == {"Readers"}


def test_group_of_two_plans_stays_while_one_subscription_is_live() -> None:
    user = make_user()
    first = Service.create_subscription(user, plan_with("Readers", "Writers"), now=NOW)
    Service.create_subscription(user, plan_with("Readers"), now=NOW)
    Service.cancel_now(first, now=NOW + timedelta(days=1))
    assert groups_of(user) == {"Readers"}
    assert has_access(user)


def test_group_that_people_decide_about_survives_the_sweep() -> None:
    user = make_user()
    user.groups.add(group("Support"))
    Service.create_subscription(user, plan_with("Readers"), now=NOW)
    Service.sweep(now=NOW + MONTH)
    assert groups_of(user) == {"Support"}


def statements_of_a_sweep(number_of_groups: int) -> int:
    plan = plan_with(*[f"Group {number_of_groups} {number}" for number in range(number_of_groups)])
    for _ in range(3):
        Service.create_subscription(make_user(), plan, now=NOW)
    with CaptureQueriesContext(connection) as captured:
        assert Service.sweep(now=NOW + MONTH).expired == 3
    return len(captured)


def test_sweep_takes_any_number_of_groups_in_as_many_statements() -> None:
    assert statements_of_a_sweep(0) == statements_of_a_sweep(1) == statements_of_a_sweep(7)


def test_audit_gives_and_takes_groups_of_plans() -> None:
    now = clock.now()
    reader, stranger = make_user(), make_user()
    Service.create_subscription(reader, plan_with("Readers"), now=now)
    reader.groups.remove(Group.objects.get(name="Readers"))
    stranger.groups.add(Group.objects.get(name="Readers"))
    found = find_mismatches(now)
    assert (found.stale, found.missing) == ([stranger.pk], [reader.pk])
    call_command("audit_access", "--fix", stdout=StringIO())
    assert groups_of(reader) == {"Readers"}
    assert groups_of(stranger) == set()


def test_editing_a_plan_gives_and_takes_groups_of_its_subscribers_and_records_the_audit() -> None:
    user, plan = make_user(), make_plan()
    Service.create_subscription(user, plan, now=clock.now())
    plan.groups.add(group("Readers"))
    assert groups_of(user) == {"Readers"}
    plan.groups.set([group("Writers")])
    assert groups_of(user) == {"Writers"}
    plan.groups.clear()
    assert groups_of(user) == set()
    assert AccessAuditRun.objects.filter(complete=True, given=1).count() == 2


def test_corrections_after_an_edit_raise_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    user, plan = make_user(), make_plan()
    Service.create_subscription(user, plan, now=clock.now())
    with caplog.at_level(logging.INFO):
        plan.groups.add(group("Readers"))
        assert groups_of(user) == {"Readers"}
        assert "AccessMismatches" not in caplog.text
        user.groups.remove(Group.objects.get(name="Readers"))
        AccessAudit(clock.now(), unlimited).run()
    assert "AccessMismatches" in caplog.text


def test_edit_that_is_rolled_back_changes_nothing() -> None:
    user, plan, readers = make_user(), make_plan(), group("Readers")
    Service.create_subscription(user, plan, now=clock.now())
    with transaction.atomic():
        plan.groups.add(readers)
        transaction.set_rollback(True)
    assert groups_of(user) == set()
    assert not AccessAuditRun.objects.exists()


def test_plan_cannot_grant_a_group_with_members_of_its_own_nor_that_of_all_subscribers() -> None:
    plan, support = make_plan(), group("Support")
    make_user().groups.add(support)
    for refused in (support, Group.objects.get(name="Subscribers")):
        with pytest.raises(ManagedGroupProtected, match=refused.name):
            plan.groups.add(refused)
        form = PlanForm({"groups": [refused.pk]}, instance=plan)
        assert refused.name in str(form.errors["groups"])
    assert not plan.groups.exists()


def test_group_of_a_plan_cannot_be_deleted_but_may_be_renamed_and_permitted() -> None:
    plan_with("Readers")
    readers, permission = Group.objects.get(name="Readers"), Permission.objects.first()
    assert permission is not None
    with pytest.raises(ManagedGroupProtected):
        readers.delete()
    readers.name = "Readers and listeners"
    readers.save()
    readers.permissions.add(permission)
    assert readers.permissions.get() == permission


def test_permission_of_a_plan_makes_nobody_privileged() -> None:
    user, plan, permission = make_user(), plan_with("Readers"), Permission.objects.first()
    assert permission is not None
    plan.groups.get().permissions.add(permission)
    Service.create_subscription(user, plan, now=clock.now())
    assert user.has_perms([f"{permission.content_type.app_label}.{permission.codename}"])
    assert not is_privileged(user)


def test_form_of_users_does_not_offer_groups_of_plans() -> None:
    plan_with("Readers")
    form = root().get(reverse("admin:accounts_user_change", args=[make_user().pk]))
    assert "Readers" not in form.content.decode()


def offered_and_granted(client: Client) -> tuple[bool, bool]:
    """Save a plan's form with a group chosen; return whether the form offered groups, and whether it was granted."""
    plan, readers = make_plan(), group("Readers")
    page = reverse("admin:subscriptions_plan_change", args=[plan.pk])
    form = client.get(page).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value is not None}
    answer = client.post(page, values | {"groups": [readers.pk], "reminder_days": "7"})
    assert answer.status_code == 302
    return "groups" in form.fields, plan.groups.exists()


def test_superusers_choose_the_groups_of_a_plan() -> None:
    assert offered_and_granted(root()) == (True, True)


def test_other_operators_do_not_choose_the_groups_of_a_plan() -> None:
    staff = make_staff("subscriptions.change_plan", "subscriptions.view_plan")
    assert offered_and_granted(sign_in(staff)) == (False, False)
