"""Dashboard: access and content."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.daily_counts import Counted, count
from foundation import clock
from notifications.channels import pauses
from notifications.models import ChannelStatus, Notification, PauseReason, State
from subscriptions.access.managed_groups import GROUP
from subscriptions.models import AccessAuditRun, SweepRun
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db

VIEW = "subscriptions.view_sweeprun"
DRAWINGS = re.compile(r'<script id="drawings" type="application/json">(.*?)</script>', re.DOTALL)


@pytest.fixture(autouse=True)
def time_stands() -> Iterator[None]:
    """Freeze the time, so that no minute, hour or day ends during a test."""
    with time_machine.travel(clock.now(), tick=False):
        yield


@pytest.fixture
def operator() -> Client:
    return sign_in(make_staff(VIEW))


def page(operator: Client) -> str:
    answer = operator.get(reverse("admin:dashboard"))
    assert answer.status_code == 200
    return answer.content.decode()


def drawings(text: str) -> dict[str, Any]:
    (data,) = DRAWINGS.findall(text)
    return {drawing["key"]: drawing for drawing in json.loads(data)}


def finish_a_sweep(ago: timedelta, **fields: Any) -> SweepRun:
    then = clock.now() - ago
    return SweepRun.objects.create(started_at=then, finished_at=then, **fields)


def test_only_staff_who_may_see_sweeps_get_in() -> None:
    address = reverse("admin:dashboard")
    assert Client().get(address).status_code == 302
    assert sign_in(make_user()).get(address).status_code == 302
    assert sign_in(make_staff()).get(address).status_code == 403
    assert sign_in(make_staff(VIEW)).post(address).status_code == 405


def test_index_links_it_for_those_who_get_in() -> None:
    for staff, linked in ((make_staff(VIEW), True), (make_staff("subscriptions.view_plan"), False)):
        assert (reverse("admin:dashboard") in sign_in(staff).get(reverse("admin:index")).content.decode()) is linked


def test_nothing_has_happened_yet(operator: Client) -> None:
    text = page(operator)
    assert "No sweep has finished yet." in text
    assert "manage.py check_expired_subscriptions" in text
    assert "No sweep has run yet." in text
    assert drawings(text) == {}


def test_stale_sweep_is_an_alarm(operator: Client) -> None:
    finish_a_sweep(timedelta(minutes=40))
    assert "No sweep has finished for 40" in page(operator)
    finish_a_sweep(timedelta(minutes=1))
    assert "No sweep has finished for" not in page(operator)


def test_access_audit_that_is_stale_or_missing_is_an_alarm_and_its_corrections_are_counted(operator: Client) -> None:
    assert "No access audit has finished yet." in page(operator)
    then = clock.now() - timedelta(minutes=90)
    AccessAuditRun.objects.create(started_at=then, finished_at=then, given=1200, taken=34, complete=True)
    text = page(operator)
    assert "No access audit has finished for 1\xa0hour, 30\xa0minutes" in text
    assert "1,234" in text
    AccessAuditRun.objects.update(finished_at=clock.now() - timedelta(minutes=5))
    assert "No access audit has finished" not in page(operator)
    assert "audited 5\xa0minutes ago: 1234 corrected, 0 failed" in page(operator)
    AccessAuditRun.objects.update(complete=False, failed=2)
    assert "audited 5\xa0minutes ago, not all users: 1234 corrected, 2 failed" in page(operator)


def test_missing_group_is_an_alarm(operator: Client) -> None:
    assert "is missing" not in page(operator)
    Group.objects.filter(name=GROUP).update(name="Renamed by SQL")
    assert f"The group {GROUP} is missing" in page(operator)


def test_notification_that_waits_too_long_is_an_alarm(operator: Client) -> None:
    Service.create_subscription(make_user(), make_plan())
    assert "A notification has been due" not in page(operator)
    Notification.objects.filter(channel="ses").update(due_at=clock.now() - timedelta(hours=2))
    assert "A notification has been due for 2" in page(operator)


def test_paused_channel_is_an_alarm(operator: Client) -> None:
    assert "paused" not in page(operator)
    pauses.pause(ChannelStatus.objects.get(pk="ses"), PauseReason.QUOTA, "ThrottlingException")
    assert re.search(r"SES has been paused for 0.minutes: the daily quota is used up\.", page(operator))


def test_sweeps_are_drawn_and_listed(operator: Client) -> None:
    run = finish_a_sweep(timedelta(), expired=7, failed=1, oldest_late=timedelta(seconds=90, milliseconds=7))
    text = page(operator)
    expired, failed = drawings(text)["sweeps-expired"]["series"]
    assert (expired["values"][-1], failed["values"][-1], len(expired["values"])) == (7, 1, 72)
    late = drawings(text)["sweeps-late"]
    assert (late["series"][0]["values"][-1], late["scale"]) == (1.5, "logarithmic")
    assert drawings(text)["sweeps-expired"]["scale"] == "linear"
    assert re.search(rf">{run.pk}</a>.*<td>7</td>\s*<td>1</td>\s*<td>0</td>\s*<td>0:01:30</td>", text, re.DOTALL)


def test_transitions_are_drawn_by_plan_and_live_ones_by_day(operator: Client) -> None:
    now = clock.now()
    monthly, yearly = make_plan(), make_plan(name="Yearly", duration_days=365)
    for plan, days in ((monthly, 0), (yearly, 1), (yearly, 1)):
        Service.create_subscription(make_user(), plan, now=now - timedelta(days=days))
    drawn = drawings(page(operator))
    new = {series["label"]: series["values"][-3:] for series in drawn["transition-created"]["series"]}
    assert new == {"Monthly": [0, 0, 1], "Yearly": [0, 2, 0]}
    assert drawn["live"]["series"][0]["values"][-3:] == [0, 2, 3]
    assert "transition-expired" not in drawn


def test_plans_beyond_the_busiest_share_a_colour(operator: Client) -> None:
    for index in range(7):
        Service.create_subscription(make_user(), make_plan(name=f"Plan {index}"))
    series = drawings(page(operator))["transition-created"]["series"]
    assert [(one["label"], sum(one["values"])) for one in series[-2:]] == [("Plan 4", 1), ("other plans", 2)]


def test_deliveries_are_drawn_by_channel_and_state(operator: Client) -> None:
    for _ in range(2):
        Service.create_subscription(make_user(), make_plan())
    Notification.objects.update(state=State.SENT, finished_at=clock.now())
    Notification.objects.filter(channel="sns").update(state=State.FAILED)
    drawn = drawings(page(operator))

    def series(key: str) -> list[tuple[str, int, str]]:
        return [(one["label"], sum(one["values"]), one["colour"]) for one in drawn[key]["series"]]

    assert series("deliveries-ses") == [("sent", 2, "--series-1")]
    assert series("deliveries-sns") == [("failed", 2, "--series-bad")]


def test_accounts_and_confirmations_are_drawn_by_day(operator: Client) -> None:
    text = page(operator)
    assert "No account was opened in this time range." in text
    assert "No address was confirmed in this time range." in text
    now = clock.now()
    for counted, days in ((Counted.SIGNED_UP, 0), (Counted.ADDED_BY_STAFF, 0), (Counted.SIGNED_UP, 1)):
        count(counted, now - timedelta(days=days))
    count(Counted.ADDRESSES_CHANGED, now - timedelta(days=2))
    count(Counted.SIGNED_UP, now - timedelta(days=30))
    drawn = drawings(page(operator))
    opened = {one["label"]: one["values"][-3:] for one in drawn["accounts-opened"]["series"]}
    assert opened == {"by signing up": [0, 1, 1], "by staff": [0, 0, 1]}
    confirmed = {one["label"]: one["values"][-3:] for one in drawn["addresses-confirmed"]["series"]}
    assert confirmed == {"at sign-up": [0, 1, 1], "by a change": [1, 0, 0]}
    assert sum(drawn["accounts-opened"]["series"][0]["values"]) == 2


def test_name_of_a_plan_cannot_end_the_data(operator: Client) -> None:
    Service.create_subscription(make_user(), make_plan(name="</script><script>alert(1)</script>"))
    text = page(operator)
    assert "<script>alert(1)" not in text
    assert drawings(text)["transition-created"]["series"][0]["label"] == "</script><script>alert(1)</script>"


def test_every_chart_has_a_table(operator: Client) -> None:
    finish_a_sweep(timedelta(), expired=1)
    Service.create_subscription(make_user(), make_plan())
    text = page(operator)
    assert text.count("<details>") == text.count("<canvas") == len(drawings(text)) > 0


def test_number_of_queries_does_not_grow(operator: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(operator)
        return len(captured)

    Service.create_subscription(make_user(), make_plan())
    before = queries()
    for _ in range(5):
        Service.create_subscription(make_user(), make_plan())
        finish_a_sweep(timedelta())
    assert queries() == before
