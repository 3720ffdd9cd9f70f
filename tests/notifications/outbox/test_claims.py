"""Claim protocol: allowed writes to a row and their order."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation import clock
from notifications.aws.results import Result, ResultKind
from notifications.channels import retry
from notifications.models import PER_RECIPIENT, Channel, Notification, State, database_time
from notifications.outbox import claims
from subscriptions.services import SubscriptionService as Service
from tests.support.explain import plan_of
from tests.support.factories import NOW, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db
ACCEPTED = Result(ResultKind.ACCEPTED, message_id="m-1")


def record(number: int = 1) -> None:
    """Create `number` mails and as many events, pending."""
    plan = make_plan()
    for _ in range(number):
        Service.create_subscription(make_user(), plan, now=NOW)


def the_mail() -> Notification:
    return Notification.objects.get(channel=Channel.SES)


def end_leases() -> None:
    Notification.objects.filter(lease_until__isnull=False).update(lease_until=database_time(timedelta(seconds=-1)))


def test_claim_takes_the_oldest_due_of_its_channel_and_nobody_else_gets_them() -> None:
    record(3)
    first, second, third = Notification.objects.filter(channel=Channel.SES).order_by("pk")
    Notification.objects.filter(pk=third.pk).update(due_at=database_time(timedelta(hours=-1)))
    Notification.objects.filter(pk=second.pk).update(due_at=database_time(timedelta(hours=1)))
    claim = claims.claim(Channel.SES, 10)
    assert [row.pk for row in claim.notifications] == [first.pk, third.pk]
    assert set(Notification.objects.held(claim.lease_token)) == {first, third}
    assert claims.claim(Channel.SES, 10).notifications == []


@pytest.mark.parametrize("state", ["pending", "sending", "unknown"])
def test_mail_waits_for_the_earlier_ones_of_its_recipient_whichever_subscription_they_are_of(state: str) -> None:
    user = make_user()
    for _ in range(2):
        Service.create_subscription(user, make_plan(), now=NOW)
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    first, second, of_another = Notification.objects.filter(channel=Channel.SES).order_by("pk")
    assert [row.pk for row in claims.claim(Channel.SES, 10).notifications] == [first.pk, of_another.pk]
    Notification.objects.filter(pk=first.pk).update(state=state, due_at=database_time(timedelta(days=1)))
    assert claims.claim(Channel.SES, 10).notifications == []
    Notification.objects.filter(pk=first.pk).update(state="sent", finished_at=NOW)
    assert [row.pk for row in claims.claim(Channel.SES, 10).notifications] == [second.pk]


def test_event_waits_for_the_earlier_ones_of_its_subscription_and_for_no_others() -> None:
    record(2)
    first, other = Notification.objects.filter(channel=Channel.SNS).order_by("pk")
    Service.cancel_subscription(first.cause.subscription, now=NOW)
    later = Notification.objects.filter(channel=Channel.SNS).latest("pk")
    claim = claims.claim(Channel.SNS, 10)
    assert [row.pk for row in claim.notifications] == [first.pk, other.pk]
    claim.submit([first.pk])
    claim.finish({first.pk: Result(ResultKind.UNKNOWN)})
    assert claims.claim(Channel.SNS, 10).notifications == [], "the first may still have to be published again"
    Notification.objects.filter(pk=first.pk).update(state=State.FAILED, finished_at=database_time())
    assert [row.pk for row in claims.claim(Channel.SNS, 10).notifications] == [later.pk]


def test_mail_waits_for_nobody_elses() -> None:
    record(2)
    assert len(claims.claim(Channel.SES, 10).notifications) == 2


def test_limit_bounds_a_claim() -> None:
    record(3)
    assert len(claims.claim(Channel.SES, 2).notifications) == 2


@pytest.mark.parametrize(
    ("result", "state", "finished"),
    [
        (ACCEPTED, "sent", True),
        (Result(ResultKind.REFUSED, error="MessageRejected"), "failed", True),
        (Result(ResultKind.UNDELIVERABLE, error="no e-mail address"), "suppressed", True),
        (Result(ResultKind.OBSOLETE, error="overtaken: renewed"), "obsolete", True),
        (Result(ResultKind.UNKNOWN, error="ReadTimeoutError"), "unknown", False),
        (Result(ResultKind.UNSENT, error="EndpointConnectionError"), "pending", False),
        (Result(ResultKind.THROTTLED, error="TooManyRequestsException"), "pending", False),
        (Result(ResultKind.PAUSED, error="SendingPausedException"), "pending", False),
    ],
)
def test_verdict_decides_the_state(result: Result, state: str, *, finished: bool) -> None:
    record()
    claim = claims.claim(Channel.SES, 1)
    key = claim.notifications[0].pk
    assert claim.submit([key]) == [key]
    assert claim.finish({key: result}) == 1
    mail = the_mail()
    assert (mail.state, mail.finished_at is not None) == (state, finished)
    assert (mail.message_id, mail.error) == (result.message_id, result.error)
    assert (mail.lease_token, mail.lease_until) == (None, None)


def test_throttling_and_a_pause_are_no_attempts_and_what_was_not_sent_is_one() -> None:
    kinds = (ResultKind.THROTTLED, ResultKind.PAUSED, ResultKind.UNSENT, ResultKind.UNSENT)
    record()
    for kind, attempts in zip(kinds, (0, 0, 1, 2), strict=True):
        claim = claims.claim(Channel.SES, 1)
        claim.finish({claim.notifications[0].pk: Result(kind)})
        mail = the_mail()
        assert (mail.attempts, mail.submitted_at) == (attempts, None)
        Notification.objects.update(due_at=database_time(timedelta(seconds=-1)))


def test_waiting_row_is_not_claimed_before_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "THROTTLED_DELAY", timedelta(hours=1))
    record()
    claim = claims.claim(Channel.SES, 1)
    claim.finish({claim.notifications[0].pk: Result(ResultKind.THROTTLED)})
    assert claims.claim(Channel.SES, 1).notifications == []


def test_row_that_could_never_be_sent_fails_in_the_end() -> None:
    record()
    Notification.objects.update(attempts=retry.MAXIMUM_ATTEMPTS - 1)
    claim = claims.claim(Channel.SES, 1)
    claim.finish({claim.notifications[0].pk: Result(ResultKind.UNSENT, error="EndpointConnectionError")})
    assert (the_mail().state, the_mail().error) == ("failed", "EndpointConnectionError")


def test_deliverer_whose_lease_has_ended_may_not_submit() -> None:
    record()
    claim = claims.claim(Channel.SES, 1)
    end_leases()
    assert claim.submit([claim.notifications[0].pk]) == []
    assert the_mail().submitted_at is None


def test_deliverer_too_near_to_the_end_of_its_lease_may_not_submit() -> None:
    record()
    claim = claims.claim(Channel.SES, 1)
    Notification.objects.update(lease_until=database_time(settings.DELIVERY_CALLS - timedelta(seconds=1)))
    assert claim.submit([claim.notifications[0].pk]) == []


def test_deliverer_that_was_overtaken_changes_nothing() -> None:
    record()
    frozen = claims.claim(Channel.SES, 1)
    key = frozen.notifications[0].pk
    end_leases()
    claims.release_abandoned()
    second = claims.claim(Channel.SES, 1)
    assert frozen.submit([key]) == []
    assert frozen.finish({key: Result(ResultKind.REFUSED)}) == 0
    assert second.finish({key: ACCEPTED}) == 1
    assert the_mail().state == "sent"


def test_abandoned_before_the_intent_goes_back_and_after_it_is_unknown() -> None:
    record(2)
    claim = claims.claim(Channel.SES, 2)
    unsent, submitted = claim.notifications
    claim.submit([submitted.pk])
    assert claims.release_abandoned() == 0, "the lease has not ended"
    end_leases()
    assert claims.release_abandoned() == 2
    unsent.refresh_from_db()
    submitted.refresh_from_db()
    assert (unsent.state, unsent.finished_at) == ("pending", None)
    assert (submitted.state, submitted.error) == ("unknown", "deliverer died while it sent")
    assert [row.pk for row in claims.claim(Channel.SES, 2).notifications] == [unsent.pk]


def test_message_ids_stay_with_their_rows() -> None:
    record(3)
    claim = claims.claim(Channel.SES, 3)
    claim.finish({row.pk: Result(ResultKind.ACCEPTED, message_id=f"m-{row.pk}") for row in claim.notifications})
    assert all(row.message_id == f"m-{row.pk}" for row in Notification.objects.filter(channel=Channel.SES))


def test_accepted_rows_are_finished_by_one_statement_whatever_they_went_through() -> None:
    record(3)
    first, second, _ = Notification.objects.filter(channel=Channel.SES).order_by("pk")
    Notification.objects.filter(pk=first.pk).update(attempts=3)
    Notification.objects.filter(pk=second.pk).update(resends=2)
    claim = claims.claim(Channel.SES, 3)
    with CaptureQueriesContext(connection) as queries:
        claim.finish({row.pk: ACCEPTED for row in claim.notifications})
    assert len(queries) == 1
    assert set(Notification.objects.filter(channel=Channel.SES).values_list("state", "attempts", "resends")) == {
        ("sent", 3, 0), ("sent", 0, 2), ("sent", 0, 0),
    }  # fmt: skip


def test_what_is_due_is_found_through_the_partial_index() -> None:
    due = Notification.objects.claimable(Channel.SES, PER_RECIPIENT).order_by("due_at", "pk")
    assert "notification_pending" in plan_of(due[:100])
    assert "notification_leased" in plan_of(Notification.objects.abandoned())


def test_deliverer_whose_clock_is_an_hour_ahead_takes_nothing_early_and_from_nobody() -> None:
    record(2)
    leased, later = Notification.objects.filter(channel=Channel.SES).order_by("pk")
    Notification.objects.filter(pk=later.pk).update(due_at=database_time(timedelta(minutes=10)))
    claims.claim(Channel.SES, 1)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert claims.claim(Channel.SES, 1).notifications == []
        assert claims.release_abandoned() == 0
    leased.refresh_from_db()
    assert leased.state == "sending"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_deliverers_at_once_get_different_rows() -> None:
    record(40)
    claimed: list[set[int]] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        try:
            barrier.wait(timeout=PATIENCE_SECONDS)
            claimed.append({row.pk for row in claims.claim(Channel.SES, 10).notifications})
        finally:
            connection.close()

    run_at_once(work, 4)
    assert sum(len(keys) for keys in claimed) == len(set().union(*claimed)) == 40


def run_at_once(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
