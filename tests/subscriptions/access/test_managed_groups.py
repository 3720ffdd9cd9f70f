"""Managed groups that are missing or have permissions: created again, and reported by name."""

import logging
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection

from config.operations.readiness import find_problems
from foundation import clock
from subscriptions.access.managed_groups import GROUP
from subscriptions.jobs import check_expired_subscriptions
from tests.support.lambda_context import SCHEDULED, Context

pytestmark = pytest.mark.django_db


@pytest.fixture
def renamed() -> None:
    """Rename the group by SQL, which cannot be refused."""
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")


def problems() -> list[tuple[str | None, str]]:
    return [(problem.id, problem.msg) for problem in run_checks(tags=["database"], databases=["default"])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("renamed")
def test_scheduled_sweep_creates_a_missing_group_and_reports_it_by_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        check_expired_subscriptions(SCHEDULED, Context())
    assert Group.objects.filter(name=GROUP).exists()
    (report,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert report.groups == [GROUP]  # type: ignore[attr-defined]
    (metric,) = [record.msg for record in caplog.records if "AccessMismatches" in record.msg]
    assert (metric["AccessMismatches"], metric["SubscriptionsFailed"]) == (1, 1)  # type: ignore[index]


@pytest.mark.usefixtures("renamed")
def test_sweep_by_hand_creates_it_too() -> None:
    said = StringIO()
    call_command("check_expired_subscriptions", stdout=said, stderr=said)
    assert f"the group {GROUP} was missing and was created again" in said.getvalue()
    assert Group.objects.filter(name=GROUP).exists()


@pytest.mark.usefixtures("renamed")
def test_check_and_readiness_name_a_missing_group() -> None:
    assert problems() == [("subscriptions.W001", f"the group {GROUP} is missing: nobody has access by it")]
    assert f"the group {GROUP} is missing" in find_problems(clock.now()).service


def test_check_names_what_every_subscriber_may_do() -> None:
    power = Permission.objects.get(codename="cancel_subscription_now")
    Group.permissions.through.objects.create(group=Group.objects.get(name=GROUP), permission=power)
    reason = "every subscriber has the permission subscriptions.cancel_subscription_now"
    assert problems() == [("subscriptions.W002", reason)]


def test_check_is_content_with_what_migrate_leaves_and_with_an_empty_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems() == []
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")
    monkeypatch.setattr(connection.introspection, "table_names", lambda cursor: [])
    assert problems() == []
