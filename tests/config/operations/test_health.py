"""Health checks: responses, dependencies, and no confidential details."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse

from foundation import clock, local_clock
from notifications.channels import pauses
from notifications.models import ChannelStatus, Notification, PauseReason, State, database_time
from notifications.outbox.delivery import Delivery
from subscriptions.access.managed_groups import GROUP
from subscriptions.announcements import unlimited
from subscriptions.models import AccessAuditRun, SweepRun
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def time_stands() -> Iterator[None]:
    """Freeze the time."""
    with time_machine.travel(clock.now(), tick=False):
        yield


@pytest.fixture
def audited() -> None:
    """Record an access audit that finished a minute ago."""
    finish_an_audit(MINUTE)


@pytest.fixture
def swept(audited: None) -> None:
    """Record a sweep and an access audit that finished a minute ago."""
    finish_a_sweep(MINUTE)


@pytest.fixture
def database_that_cannot_be_reached() -> Iterator[None]:
    """Break the connection settings."""
    connection.close()
    settings = connection.settings_dict.copy()
    # The root is no file for SQLite, and short enough for PostgreSQL, which a temporary directory may not be.
    connection.settings_dict |= {"NAME": "/", "HOST": "127.0.0.1", "PORT": "1"}
    yield
    connection.close()
    connection.settings_dict.update(settings)


def finish_a_sweep(ago: timedelta) -> None:
    then = clock.now() - ago
    SweepRun.objects.create(started_at=then, finished_at=then)


def finish_an_audit(ago: timedelta, **fields: Any) -> None:
    then = clock.now() - ago
    AccessAuditRun.objects.create(**{"started_at": then, "finished_at": then, "complete": True} | fields)


def readiness() -> tuple[int, list[str]]:
    answer = Client().get(reverse("readyz"))
    return answer.status_code, answer.json()["problems"]


def test_healthz_touches_no_database() -> None:
    # Without the mark django_db any query is an error.
    client = Client()
    client.cookies["sessionid"] = "ofsomebody"
    answer = client.get(reverse("healthz"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert not answer.cookies


@pytest.mark.django_db
def test_ready(swept: None) -> None:
    Service.create_subscription(make_user(), make_plan(), now=clock.now())
    assert readiness() == (200, [])


@pytest.mark.django_db
def test_not_ready_before_the_first_sweep(audited: None) -> None:
    SweepRun.objects.create(started_at=clock.now())
    assert readiness() == (503, ["no sweep has finished yet"])


@pytest.mark.django_db
def test_not_ready_when_the_last_sweep_is_stale(audited: None, settings: Any) -> None:
    settings.STALE_SWEEP_AFTER = 5 * MINUTE
    finish_a_sweep(7.5 * MINUTE)
    assert readiness() == (503, ["the last sweep finished 7 minutes ago"])
    finish_a_sweep(4 * MINUTE)
    assert readiness() == (200, [])


@pytest.mark.django_db
def test_not_ready_before_the_first_access_audit() -> None:
    finish_a_sweep(MINUTE)
    AccessAuditRun.objects.create(started_at=clock.now())
    assert readiness() == (503, ["no access audit has finished yet"])


@pytest.mark.django_db
def test_not_ready_when_the_last_access_audit_is_stale_or_left_somebody(swept: None, settings: Any) -> None:
    settings.STALE_AUDIT_AFTER = 2 * MINUTE
    assert readiness() == (200, [])
    AccessAuditRun.objects.update(finished_at=clock.now() - 7.5 * MINUTE)
    assert readiness() == (503, ["the last access audit finished 7 minutes ago"])
    finish_an_audit(MINUTE, failed=2)
    assert readiness() == (503, ["the last access audit could not correct 2 users"])
    finish_an_audit(MINUTE / 2, complete=False)
    assert readiness() == (503, ["the last access audit ran out of time before it had checked all users"])
    finish_an_audit(MINUTE / 4, given=3)
    assert readiness() == (200, [])


@pytest.mark.django_db
def test_not_ready_while_a_managed_group_is_missing(swept: None) -> None:
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")
    assert readiness() == (503, [f"the group {GROUP} is missing"])


@pytest.mark.django_db
def test_not_ready_when_a_notification_waits_too_long(swept: None, settings: Any) -> None:
    settings.STALE_NOTIFICATION_AFTER = 15 * MINUTE
    Service.create_subscription(make_user(), make_plan(), now=clock.now())
    waiting = Notification.objects.filter(channel="sns")
    waiting.update(due_at=clock.now() - 20.5 * MINUTE)
    assert readiness() == (503, ["a notification has been due for 20 minutes"])
    waiting.update(state=State.FAILED, finished_at=database_time())
    assert readiness() == (200, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("swept", "aws_that_cannot_be_reached")
def test_not_ready_when_no_call_reaches_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)  # a short delay would be over within the run, which tries again
    Service.create_subscription(make_user(), make_plan(), now=clock.now())
    Notification.objects.update(created_at=database_time(-20.5 * MINUTE))
    assert Delivery(unlimited).run()["unsent"] == 2
    assert readiness() == (503, ["a notification has been due for 20 minutes"])


@pytest.mark.django_db
def test_travelling_makes_no_notification_late(settings: Any, tmp_path: Path) -> None:
    Service.create_subscription(make_user(), make_plan(), now=clock.now())
    settings.LOCAL_CLOCK = (tmp_path / "clock").as_uri()
    local_clock.move_on(timedelta(days=30))
    finish_a_sweep(MINUTE)
    finish_an_audit(MINUTE)
    assert readiness() == (200, [])
    Notification.objects.update(due_at=database_time(-20.5 * MINUTE))
    assert readiness() == (503, ["a notification has been due for 20 minutes"])


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
def test_not_ready_while_a_channel_is_paused(swept: None, language: str) -> None:
    pauses.pause(ChannelStatus.objects.get(pk="ses"), PauseReason.QUOTA, "ThrottlingException")
    answer = Client().get(reverse("readyz"), headers={"accept-language": language})
    assert (answer.status_code, answer.json()["problems"]) == (503, ["SES is paused: the daily quota is used up"])
    assert answer.json()["only_delivery"] is True
    SweepRun.objects.all().delete()
    assert Client().get(reverse("readyz")).json()["only_delivery"] is False
    finish_a_sweep(MINUTE)
    ChannelStatus.objects.filter(pk="ses").update(paused_until=database_time(-MINUTE))
    assert readiness() == (200, [])


@pytest.mark.django_db
def test_waiting_for_the_next_try_is_no_problem(swept: None) -> None:
    Service.create_subscription(make_user(), make_plan(), now=clock.now())
    Notification.objects.update(due_at=database_time(timedelta(hours=1)))
    assert readiness() == (200, [])


@pytest.mark.django_db(transaction=True)
def test_database_that_cannot_be_reached_is_told_without_a_secret(
    database_that_cannot_be_reached: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert readiness() == (503, ["the database does not answer"])
    assert "the database does not answer" in caplog.text
    assert Client().get(reverse("healthz")).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["healthz", "readyz"])
def test_only_reading_and_no_caching(name: str, swept: None) -> None:
    address = reverse(name)
    assert "no-store" in Client().get(address)["Cache-Control"]
    assert Client().head(address).status_code == 200
    methods: list[Callable[..., Any]] = [Client().post, Client().put, Client().delete]
    assert [method(address).status_code for method in methods] == [405, 405, 405]
