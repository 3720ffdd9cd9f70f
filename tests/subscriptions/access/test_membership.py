"""Access audit and repair."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import User
from foundation import clock
from subscriptions.access.managed_groups import GROUP
from subscriptions.access.membership import Mismatches, find_mismatches, reconcile_access
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user

pytestmark = pytest.mark.django_db


def subscriber(now: datetime | None = None) -> User:
    user = make_user()
    Service.create_subscription(user, make_plan(), now=now or clock.now())
    return user


def test_reconciling_is_idempotent_over_all_users() -> None:
    user, stranger = subscriber(NOW), make_user()
    for _ in range(2):
        reconcile_access([user.pk, stranger.pk], NOW)
        assert has_access(user)
        assert not has_access(stranger)


def test_group_that_was_renamed_by_sql_is_created_again_and_gives_access(caplog: pytest.LogCaptureFixture) -> None:
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")
    user = subscriber(NOW)
    assert has_access(user)
    (report,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert report.groups == [GROUP]  # type: ignore[attr-defined]


def test_group_without_its_members_gets_one_at_a_renewal() -> None:
    user = subscriber(NOW)
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")
    Service.renew_subscription(user.subscriptions.get(), now=NOW)
    assert has_access(user)


def test_mismatches_are_found_both_ways() -> None:
    stale, missing = make_user(), subscriber(NOW)
    stale.groups.add(Group.objects.get(name=GROUP))
    missing.groups.clear()
    assert find_mismatches(NOW) == Mismatches(stale=[stale.pk], missing=[missing.pk])
    assert find_mismatches(NOW + MONTH) == Mismatches(stale=[stale.pk], missing=[])


def test_audit_lists_and_fails_then_fixes_then_is_content() -> None:
    stale, missing = make_user(), subscriber()
    stale.groups.add(Group.objects.get(name=GROUP))
    missing.groups.clear()
    out = StringIO()
    with pytest.raises(CommandError, match="2 users do not match"):
        call_command("audit_access", stdout=out)
    assert f"user {stale.pk}: has access without" in out.getvalue()
    assert f"user {missing.pk}: has a live subscription without access" in out.getvalue()
    call_command("audit_access", "--fix", stdout=out)
    assert has_access(missing)
    assert not has_access(stale)
    call_command("audit_access", stdout=out)
    assert out.getvalue().endswith("All memberships match.\n")


def test_due_and_not_yet_swept_counts_as_ended_in_the_audit() -> None:
    user = subscriber(clock.now() - MONTH - timedelta(seconds=1))
    assert find_mismatches(clock.now()).stale == [user.pk]
