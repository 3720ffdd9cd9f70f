"""Mails and events whose response was lost and that nobody confirmed."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from notifications.aws.results import Result, ResultKind
from notifications.channels import retry
from notifications.models import Channel, Notification, State, database_time
from notifications.outbox import claims, confirmation_timeouts
from notifications.outbox.confirmation_timeouts import Settled
from notifications.ses.channel import SesChannel
from notifications.sns.channel import SnsChannel
from subscriptions.services import SubscriptionService as Service
from tests.support.explain import plan_of
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db
LOST = Result(ResultKind.UNKNOWN, error="ReadTimeoutError")


def lose_the_answer(channel: Channel = Channel.SES) -> Notification:
    """Create a mail or event that was submitted and never answered."""
    if not Notification.objects.exists():
        Service.create_subscription(make_user(), make_plan(), now=NOW)
    claim = claims.claim(channel, 1)
    (row,) = claim.notifications
    claim.submit([row.pk])
    claim.finish({row.pk: LOST})
    return Notification.objects.get(pk=row.pk)


def end_the_grace() -> None:
    Notification.objects.filter(state=State.UNKNOWN).update(due_at=database_time(timedelta(seconds=-1)))


def test_nothing_is_done_before_the_grace_has_ended() -> None:
    mail = lose_the_answer()
    assert confirmation_timeouts.settle() == Settled(again=0, given_up=0)
    assert claims.claim(Channel.SES, 1).notifications == []
    in_grace = Notification.objects.filter(
        pk=mail.pk, due_at__gt=database_time(timedelta(minutes=10)), due_at__lte=database_time(timedelta(minutes=45))
    )
    assert in_grace.exists()


def test_unconfirmed_mail_is_sent_again_and_counted() -> None:
    mail = lose_the_answer()
    end_the_grace()
    assert confirmation_timeouts.settle() == Settled(again=1, given_up=0)
    (again,) = claims.claim(Channel.SES, 1).notifications
    assert (again.pk, again.resends, again.submitted_at) == (mail.pk, 1, None)


def test_kind_that_is_given_up_stays_unknown_for_good(settings: LazySettings) -> None:
    settings.UNCONFIRMED_MAILS_GIVEN_UP = ["created"]
    mail = lose_the_answer()
    end_the_grace()
    assert confirmation_timeouts.settle() == Settled(again=0, given_up=1)
    mail.refresh_from_db()
    assert (mail.state, mail.finished_at is not None, mail.error) == ("unknown", True, "ReadTimeoutError")
    assert confirmation_timeouts.settle() == Settled(again=0, given_up=0)


def test_reminder_is_given_up_unless_said_otherwise() -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    Notification.objects.filter(channel=Channel.SES).update(days_before=7)
    lose_the_answer()
    end_the_grace()
    assert confirmation_timeouts.settle() == Settled(again=0, given_up=1)


def test_mail_that_is_never_confirmed_is_given_up_in_the_end() -> None:
    lose_the_answer()
    Notification.objects.update(resends=SesChannel.maximum_resends)
    end_the_grace()
    assert confirmation_timeouts.settle() == Settled(again=0, given_up=1)


def test_each_resend_of_a_mail_waits_twice_as_long() -> None:
    graces = [SesChannel().grace(resends) for resends in range(4)]
    assert graces == [timedelta(minutes=minutes) for minutes in (45, 90, 180, 360)]


def test_event_is_published_again_after_the_delay_of_a_retry(settings: LazySettings) -> None:
    settings.UNCONFIRMED_MAILS_GIVEN_UP = ["created"]
    event = lose_the_answer(Channel.SNS)
    assert SnsChannel().grace(0) == retry.FIRST_DELAY
    end_the_grace()
    assert confirmation_timeouts.settle() == Settled(again=1, given_up=0)
    assert [row.pk for row in claims.claim(Channel.SNS, 1).notifications] == [event.pk]


def test_mail_that_was_confirmed_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = lose_the_answer()
    end_the_grace()
    judge = SesChannel.gives_up

    def confirm_first(channel: SesChannel, row: Notification) -> bool:
        Notification.objects.filter(pk=row.pk).update(state=State.SENT, finished_at=database_time())
        return judge(channel, row)

    monkeypatch.setattr(SesChannel, "gives_up", confirm_first)
    assert confirmation_timeouts.settle() == Settled(again=0, given_up=0)
    mail.refresh_from_db()
    assert mail.state == State.SENT


def test_unconfirmed_rows_are_found_through_a_partial_index() -> None:
    waiting = Notification.objects.unconfirmed(Channel.SES).order_by("due_at", "pk")
    plan = plan_of(waiting[:100])
    assert "notification_unconfirmed" in plan
