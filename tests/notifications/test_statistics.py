"""Outbox statistics of the dashboard."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from foundation import clock, local_clock
from notifications import statistics
from notifications.channels import pauses
from notifications.models import Channel, ChannelStatus, Notification, PauseReason, State
from subscriptions.services import SubscriptionService as Service
from tests.support.explain import plan_of
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def mails() -> list[Notification]:
    """Create three pending mails without events."""
    plan = make_plan()
    for _ in range(3):
        Service.create_subscription(make_user(), plan, now=NOW)
    Notification.objects.filter(channel=Channel.SNS).delete()
    return list(Notification.objects.order_by("pk"))


def change(notification: Notification, **fields: object) -> None:
    Notification.objects.filter(pk=notification.pk).update(**fields)


def numbers() -> dict[tuple[str, str], int]:
    counts = [count for counts in statistics.outbox() for count in counts]
    return {(count.channel, count.state): count.number for count in counts if count.number}


def test_outbox_is_counted_by_channel_and_state(mails: list[Notification]) -> None:
    assert numbers() == {("ses", "pending"): 3}
    change(mails[0], state=State.FAILED, finished_at=NOW)
    change(mails[1], state=State.UNKNOWN, finished_at=NOW, channel=Channel.SNS)
    assert numbers() == {("ses", "pending"): 1, ("ses", "failed"): 1, ("sns", "unknown"): 1}


def test_what_is_being_sent_is_counted(mails: list[Notification]) -> None:
    change(mails[0], state=State.SENDING, lease_token="9c6f3f4e-63a2-4f6d-8a6a-1f4f9ce0a3a1", lease_until=NOW)
    assert numbers() == {("ses", "pending"): 2, ("ses", "sending"): 1}


def test_counting_stops_at_the_largest_count(mails: list[Notification], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "LARGEST_COUNT", 2)
    ((pending, *_), _) = statistics.outbox()
    assert (pending.number, pending.is_cut) == (2, True)


def test_oldest_pending_is_the_one_that_has_been_due_longest(mails: list[Notification]) -> None:
    for index, mail in enumerate(mails):
        change(mail, due_at=NOW - index * DAY)
    change(mails[2], state=State.SENT, finished_at=NOW)
    assert statistics.oldest_pending() == NOW - DAY


@pytest.mark.parametrize(
    "tried",
    [
        {"attempts": 1, "error": "ConnectTimeoutError"},
        {"error": "TooManyRequestsException"},
        {"state": State.UNKNOWN, "resends": 1, "error": "ReadTimeoutError"},
    ],
    ids=["unsent", "throttled", "not confirmed, even after it was sent again"],
)
def test_what_was_tried_in_vain_has_waited_since_it_was_made(mails: list[Notification], tried: dict[str, Any]) -> None:
    change(mails[1], created_at=NOW - MONTH, due_at=clock.now() + DAY, **tried)
    assert statistics.oldest_pending() == NOW - MONTH


def test_what_waits_for_its_first_confirmation_is_not_late(mails: list[Notification]) -> None:
    for mail in mails:
        change(mail, created_at=NOW - MONTH, state=State.UNKNOWN, error="ReadTimeoutError")
    assert statistics.oldest_pending() is None


def test_what_was_tried_in_vain_is_found_by_its_index() -> None:
    plan = plan_of(Notification.objects.tried_in_vain().order_by("pk")[:1])
    assert "notification_tried_in_vain" in plan


def test_what_waits_and_what_is_paused_grows_no_older_by_travelling(
    mails: list[Notification], settings: Any, tmp_path: Path
) -> None:
    pauses.pause(ChannelStatus.objects.get(pk="ses"), PauseReason.QUOTA, "ThrottlingException")
    settings.LOCAL_CLOCK = (tmp_path / "clock").as_uri()
    local_clock.move_on(30 * DAY)

    (paused,) = statistics.paused_channels()
    oldest = statistics.oldest_pending()

    assert oldest
    assert paused.paused_since
    assert clock.now() - oldest < DAY
    assert clock.now() - paused.paused_since < DAY


def test_nothing_is_pending() -> None:
    assert statistics.oldest_pending() is None
    assert numbers() == {}


def test_finished_are_counted_by_day_channel_and_state(mails: list[Notification]) -> None:
    change(mails[0], state=State.SENT, finished_at=NOW)
    change(mails[1], state=State.SENT, finished_at=NOW + DAY)
    change(mails[2], state=State.FAILED, finished_at=NOW - MONTH)
    rows = statistics.finished_by_day(NOW)
    assert sorted((row.day, row.channel, row.state, row.number) for row in rows) == [
        (date(2026, 12, 1), "ses", "sent", 1),
        (date(2026, 12, 2), "ses", "sent", 1),
    ]
