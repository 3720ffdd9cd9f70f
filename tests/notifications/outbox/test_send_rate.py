"""Send rate of a channel: as a function, and shared by several deliveries."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.channels import pauses
from notifications.models import Channel, ChannelStatus, Notification, PauseReason, State, database_time
from notifications.outbox import send_rate
from notifications.outbox.delivery import Delivery
from notifications.outbox.send_rate import Reservation, current_rate
from notifications.sns import channel as sns_channel
from subscriptions.services import SubscriptionService
from tests.support.factories import NOW, make_due, make_plan
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def ses(**fields: object) -> ChannelStatus:
    """Return SES's row with these fields changed, and the time."""
    ChannelStatus.objects.filter(pk=Channel.SES).update(**fields)
    return ChannelStatus.objects.with_time().get(pk=Channel.SES)


def reserve(limit: int = 32) -> Reservation | None:
    status = ses()
    return send_rate.reserve(status, status.read_at, limit)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reserve the next ten minutes, and allow waits of an hour, so that no reservation starts now."""
    monkeypatch.setattr(send_rate, "LONGEST_WAIT", timedelta(hours=1))
    ses(account_rate=20, reserved_until=database_time(10 * MINUTE))


@pytest.mark.parametrize(
    ("slowed_to", "minutes", "rate"),
    [(None, 0, 14), (7, 0, 7), (7, 1, 9.8), (7, 2.5, 14), (7, 100, 14), (0, 0, 0.5), (3.5, -1, 0.7)],
)
def test_rate_grows_evenly_back_after_it_fell(slowed_to: float | None, minutes: float, rate: float) -> None:
    status = ChannelStatus(channel=Channel.SES, account_rate=14, slowed_to=slowed_to, slowed_at=NOW)
    assert current_rate(status, NOW + minutes * MINUTE) == pytest.approx(rate)


def test_rate_is_the_configured_one_until_the_account_was_asked(settings: LazySettings) -> None:
    settings.SES_SEND_RATE = 3.0
    assert current_rate(ChannelStatus(channel=Channel.SES), NOW) == 3.0
    assert current_rate(ChannelStatus(channel=Channel.SES, account_rate=200), NOW) == 200


@pytest.mark.parametrize(
    ("rate", "limit", "number"), [(14, 32, 14), (200, 32, 32), (1, 32, 1), (0.5, 32, 1), (14, 1, 1)]
)
def test_a_second_at_most_is_reserved_at_once(rate: float, limit: int, number: int) -> None:
    ses(account_rate=rate)
    reservation = reserve(limit)
    assert reservation is not None
    assert (reservation.number, reservation.wait) == (number, timedelta())


def test_stretches_follow_one_another(busy: None) -> None:
    begun = ses().reserved_until
    waits = []
    for _ in range(3):
        reservation = reserve(10)
        assert reservation is not None
        assert reservation.number == 10
        waits.append(reservation.wait)
    assert begun is not None
    assert ses().reserved_until == begun + 3 * 10 * SECOND / 20
    assert all(wait > 9 * MINUTE for wait in waits), "nobody sends before its turn"


def test_nothing_is_reserved_far_ahead() -> None:
    ses(account_rate=20, reserved_until=database_time(10 * MINUTE))
    assert reserve() is None


def test_time_that_passed_unused_is_not_saved_up() -> None:
    ses(account_rate=20, reserved_until=database_time(-timedelta(days=1)))
    reserve(20)
    status = ses()
    assert status.reserved_until is not None
    assert status.reserved_at is not None
    assert status.reserved_until - status.reserved_at == pytest.approx(SECOND, abs=timedelta(milliseconds=2))


def test_what_is_not_used_is_given_back(busy: None) -> None:
    before = ses().reserved_until
    reservation = reserve(10)
    assert reservation is not None
    send_rate.give_back(ses(), reservation, 10)
    assert ses().reserved_until == before


def test_paused_channel_reserves_nothing() -> None:
    status = ses()
    pauses.pause(status, PauseReason.QUOTA, "ThrottlingException")
    assert send_rate.reserve(status, status.read_at, 1) is None


def test_throttling_halves_the_rate_once_for_all_who_hear_of_it() -> None:
    status = ses(account_rate=14)
    send_rate.slow_down(status, status.read_at)
    send_rate.slow_down(status, status.read_at)
    assert ses().slowed_to == 7
    status = ses(slowed_at=database_time(-2 * SECOND))
    send_rate.slow_down(status, status.read_at)
    slowed_to = ses().slowed_to
    assert slowed_to is not None
    assert 3.5 <= slowed_to < 7


def test_rate_never_falls_to_nothing() -> None:
    status = ses(account_rate=0.6)
    send_rate.slow_down(status, status.read_at)
    assert ses().slowed_to == send_rate.LOWEST_RATE


def test_sns_is_only_held_back_once_it_has_throttled() -> None:
    def reserve_events() -> Reservation | None:
        status = ChannelStatus.objects.with_time().get(pk=Channel.SNS)
        return send_rate.reserve(status, status.read_at, 320)

    assert reserve_events() == Reservation(320)
    status = ChannelStatus.objects.with_time().get(pk=Channel.SNS)
    send_rate.slow_down(status, status.read_at)
    held_back = reserve_events()
    assert held_back is not None
    assert held_back.interval > SECOND / sns_channel.RATE


def run_at_once(*work: threading.Thread) -> None:
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(timeout=PATIENCE_SECONDS)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_reservations_at_once_never_overlap(busy: None) -> None:
    begun = ses().reserved_until
    barrier = threading.Barrier(4)
    numbers: list[int] = []

    def work() -> None:
        try:
            barrier.wait(timeout=PATIENCE_SECONDS)
            for _ in range(5):
                reservation = reserve(10)
                numbers.append(reservation.number if reservation else 0)
        finally:
            connection.close()

    run_at_once(*(threading.Thread(target=work) for _ in range(4)))
    assert begun is not None
    assert numbers == [10] * 20
    assert ses().reserved_until == begun + sum(numbers) * SECOND / 20


@pytest.fixture
def slow_account(aws: LocalAWS, settings: LazySettings) -> Iterator[None]:
    """Set a rate of 40 mails per second that is not refreshed, in shares of four."""
    settings.DELIVERY_THREADS = 1
    ses(account_rate=40, account_asked_at=database_time())
    yield
    assert ses().account_rate == 40


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_deliverers_get_about_half_of_the_mails_each(slow_account: None, aws: LocalAWS) -> None:
    make_due(make_plan(), 80)
    SubscriptionService.sweep(now=NOW)
    Notification.objects.filter(channel=Channel.SNS).delete()
    turns = threading.Barrier(2)
    claimed: list[int] = []

    def time_left() -> timedelta:
        """Return the time left, and synchronise the rounds of both deliveries."""
        with suppress(threading.BrokenBarrierError):  # the other has ended
            turns.wait(timeout=PATIENCE_SECONDS)
        return timedelta(minutes=5)

    def work() -> None:
        try:
            claimed.append(Delivery(time_left).run()["claimed"])
        finally:
            turns.abort()
            connection.close()

    run_at_once(threading.Thread(target=work), threading.Thread(target=work))
    assert sum(claimed) == 80 == len(aws.mails())
    assert min(claimed) >= 80 / 3


@pytest.mark.django_db(transaction=True)
def test_deliverer_waits_for_its_turn_before_it_claims_and_ends_when_the_next_is_far(
    slow_account: None, busy: None, aws: LocalAWS
) -> None:
    make_due(make_plan(), 10)
    SubscriptionService.sweep(now=NOW)
    held: list[int] = []

    def wait(seconds: float) -> None:
        """Reserve everything for others during the wait."""
        held.append(Notification.objects.filter(state=State.SENDING).count())
        ses(reserved_until=database_time(timedelta(hours=2)), account_rate=40)

    Delivery(lambda: timedelta(minutes=5), sleep=wait).run()
    assert held == [0]
    assert Notification.objects.filter(channel=Channel.SES, state=State.SENT).count() == 4
    assert Notification.objects.filter(channel=Channel.SES, state=State.PENDING).count() == 6
