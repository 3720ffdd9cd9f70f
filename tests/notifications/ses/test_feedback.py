"""SES feedback: stored once, and never a step back."""

import itertools
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from foundation.jobs.sqs_batch import MessageBatch, QueueMessage
from notifications.aws.results import Result, ResultKind
from notifications.jobs import handle_ses_feedback
from notifications.models import Channel, EventType, Feedback, Notification, State, database_time
from notifications.outbox import claims, confirmation_timeouts
from notifications.ses import feedback
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.lambda_context import Context
from tests.support.ses_feedback import bounce, envelope, queue_event, ses_event

pytestmark = pytest.mark.django_db

LOST = Result(ResultKind.UNKNOWN, error="ReadTimeoutError")
HARD, SOFT = ("Permanent", "General"), ("Transient", "General")


def hear(*bodies: str) -> list[str]:
    """Process a batch of messages m-0, m-1 and so on. Return the ids of the failed ones."""
    messages = tuple(QueueMessage(f"m-{number}", body) for number, body in enumerate(bodies))
    batch = MessageBatch(messages, timedelta)
    feedback.handle(batch)
    return [failure["itemIdentifier"] for failure in batch.answer()["batchItemFailures"]]


def make_mail(state: State = State.PENDING, **fields: Any) -> Notification:
    """Create a mail in this state."""
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    mail = Notification.objects.get(event__subscription=subscription, channel=Channel.SES)
    finished = None if state in (State.PENDING, State.SENDING, State.UNKNOWN) else NOW
    Notification.objects.filter(pk=mail.pk).update(**{"state": state, "finished_at": finished} | fields)
    return mail


def state_of(mail: Notification) -> str:
    mail.refresh_from_db()
    return mail.state


def event(kind: str, mail: Notification) -> dict[str, Any]:
    """Return an SES event about the mail."""
    if kind in ("hard bounce", "soft bounce"):
        return bounce(*(HARD if kind == "hard bounce" else SOFT), mail.pk)
    return ses_event(kind, mail.pk)


@pytest.mark.parametrize(
    ("kind", "state", "error"),
    [
        ("send", "sent", ""),
        ("delivery", "delivered", ""),
        ("hard bounce", "bounced", "Permanent/General"),
        ("soft bounce", "bounced", "Transient/General"),
        ("complaint", "complained", ""),
        ("reject", "failed", "rejected by SES"),
    ],
)
@pytest.mark.parametrize("before", [State.UNKNOWN, State.PENDING, State.SENT, State.OBSOLETE])
def test_event_moves_its_mail(before: State, kind: str, state: str, error: str) -> None:
    mail = make_mail(before)
    told = event(kind, mail)
    assert hear(envelope(told)) == []
    assert state_of(mail) == state
    if state != before:
        assert (mail.error, mail.message_id) == (error, told["mail"]["messageId"])
    assert mail.finished_at is not None


@pytest.mark.parametrize("kind", ["delivery-delay", "open", "click", "rendering-failure", "subscription"])
def test_other_events_are_only_kept(kind: str) -> None:
    mail = make_mail(State.SENT)
    assert hear(envelope(event(kind, mail))) == []
    assert state_of(mail) == State.SENT
    assert Feedback.objects.get().notification == mail


def test_event_is_kept_as_it_came() -> None:
    mail = make_mail(State.SENT)
    told = event("delivery", mail)
    hear(envelope(told, MessageId="of-sns"))
    kept = Feedback.objects.get()
    assert (kept.sns_message_id, kept.event_type, kept.notification) == ("of-sns", EventType.DELIVERY, mail)
    assert (kept.message_id, kept.occurred_at.isoformat()) == (
        told["mail"]["messageId"],
        "2016-10-19T23:21:04.133000+00:00",
    )
    assert '"smtpResponse": "250 2.6.0 Message received"' in kept.raw
    assert Feedback.objects.filter(received_at__lte=database_time()).exists()


def test_message_that_is_delivered_again_is_one_message() -> None:
    mail = make_mail(State.SENT)
    body = envelope(event("delivery", mail))
    assert hear(body, body) == []
    assert hear(body) == []
    assert Feedback.objects.count() == 1


def test_mail_that_was_accepted_twice_shows_it() -> None:
    mail = make_mail(State.UNKNOWN)
    hear(*(envelope(ses_event("send", mail.pk, messageId=f"accepted-{number}")) for number in (1, 2)))
    sends = Feedback.objects.filter(notification=mail, event_type=EventType.SEND)
    assert sends.values("message_id").distinct().count() == 2
    assert state_of(mail) == State.SENT


def test_event_of_an_unknown_mail_of_nobody_or_of_an_sns_row_is_kept_and_moves_nothing() -> None:
    make_mail()
    published = Notification.objects.get(channel=Channel.SNS)
    before = list(Notification.objects.order_by("pk").values())
    tagged = [ses_event("send", key) for key in (published.pk, published.pk + 1000)]
    assert hear(*map(envelope, [*tagged, ses_event("send")])) == []
    assert list(Feedback.objects.values_list("notification", flat=True)) == [None] * 3
    assert list(Notification.objects.order_by("pk").values()) == before


def test_only_what_is_no_event_comes_again_and_the_others_are_done(caplog: pytest.LogCaptureFixture) -> None:
    first, second = make_mail(State.UNKNOWN), make_mail(State.SENT)
    confirmation = envelope("{}", Type="SubscriptionConfirmation")
    with caplog.at_level(logging.INFO):
        failed = hear(envelope(event("send", first)), "garbage", confirmation, envelope(event("delivery", second)))
    assert failed == ["m-1", "m-2"]
    assert (state_of(first), state_of(second)) == (State.SENT, State.DELIVERED)
    (summary,) = (vars(record) for record in caplog.records if record.getMessage() == "feedback handled")
    assert {key: summary[key] for key in ("recorded", "refused", "send", "delivery", "bounce")} == {
        "recorded": 2,
        "refused": 2,
        "send": 1,
        "delivery": 1,
        "bounce": 0,
    }


@pytest.mark.django_db(transaction=True)
def test_job_answers_lambda_in_its_words() -> None:
    mail = make_mail(State.UNKNOWN)
    answer = handle_ses_feedback(queue_event("garbage", envelope(event("send", mail))), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    assert state_of(mail) == State.SENT


@pytest.mark.django_db(transaction=True)
def test_job_that_fails_has_done_nothing_and_does_it_all_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = make_mail(State.UNKNOWN)
    batch = queue_event(envelope(event("send", mail)), envelope(event("delivery", mail)))
    with monkeypatch.context() as broken:
        broken.setattr(feedback, "_settle", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            handle_ses_feedback(batch, Context())
    assert not Feedback.objects.exists()
    handle_ses_feedback(batch, Context())
    assert state_of(mail) == State.DELIVERED


def test_addresses_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    mail = make_mail(State.SENT)
    with caplog.at_level(logging.DEBUG):
        hear(envelope(event("hard bounce", mail)), envelope("recipient@example.com"))
    logged = [str(vars(record)) for record in caplog.records if not record.name.startswith("django.db")]
    assert logged
    assert not [line for line in logged if "recipient@example.com" in line]


def test_confirmation_of_a_mail_that_failed_later_says_that_it_is_sent() -> None:
    mail = make_mail(State.FAILED, error="MessageRejected")
    hear(envelope(event("send", mail)))
    assert (state_of(mail), mail.error) == (State.SENT, "")


def test_rejected_mail_stays_failed_when_its_acceptance_is_told_late() -> None:
    mail = make_mail(State.UNKNOWN)
    hear(envelope(event("reject", mail)))
    hear(envelope(event("send", mail)))
    assert state_of(mail) == State.FAILED


def test_absence_note_does_not_undo_a_delivery_and_a_hard_bounce_does() -> None:
    mail = make_mail(State.DELIVERED)
    hear(envelope(event("soft bounce", mail)))
    assert state_of(mail) == State.DELIVERED
    hear(envelope(event("hard bounce", mail)))
    assert (state_of(mail), mail.error) == (State.BOUNCED, "Permanent/General")


def test_time_of_the_acceptance_stays_when_more_is_known() -> None:
    mail = make_mail(State.SENT)
    hear(envelope(event("delivery", mail)))
    mail.refresh_from_db()
    assert mail.finished_at == NOW


def test_confirmed_mail_is_finished_by_the_databases_clock_and_not_sent_again() -> None:
    mail = make_mail(State.UNKNOWN, due_at=database_time(timedelta(minutes=-1)))
    hear(envelope(event("send", mail)))
    assert confirmation_timeouts.settle().again == 0
    around = database_time(timedelta(minutes=-1)), database_time()
    assert Notification.objects.filter(pk=mail.pk, finished_at__range=around).exists()


def test_confirmation_stops_the_deliverer_that_is_about_to_send_again() -> None:
    mail = make_mail()
    claim = claims.claim(Channel.SES, 1)
    hear(envelope(event("send", mail)))
    assert claim.submit([mail.pk]) == []
    assert claim.finish({mail.pk: LOST}) == 0
    assert claims.claim(Channel.SES, 1).notifications == []
    assert (state_of(mail), mail.lease_token, mail.lease_until) == (State.SENT, None, None)


def test_confirmation_that_overtakes_the_answer_is_not_overwritten_by_it() -> None:
    mail = make_mail()
    claim = claims.claim(Channel.SES, 1)
    claim.submit([mail.pk])
    hear(envelope(ses_event("send", mail.pk, messageId="m-1")), envelope(event("delivery", mail)))
    assert claim.finish({mail.pk: Result(ResultKind.ACCEPTED, message_id="m-1")}) == 0
    assert state_of(mail) == State.DELIVERED


KINDS = ["send", "delivery", "hard bounce", "soft bounce", "complaint", "reject", "delivery-delay", "open"]


def end_of(before: State, kinds: Sequence[str], sizes: Sequence[int]) -> tuple[str, str]:
    """Return state and error of a mail after these events in batches of these sizes, and roll back."""
    with transaction.atomic():
        mail = make_mail(before)
        bodies = iter([envelope(event(kind, mail)) for kind in kinds])
        for size in itertools.cycle(sizes):
            batch = list(itertools.islice(bodies, size))
            if not batch:
                break
            assert hear(*batch, *batch[:1]) == []
        end = state_of(mail), mail.error
        transaction.set_rollback(True)
    return end


@pytest.mark.slow
@hypothesis_settings(max_examples=60)
@given(
    before=st.sampled_from([State.PENDING, State.UNKNOWN, State.SENT]),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=6),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_and_multiplicity_of_a_mails_events_ends_alike(
    before: State, kinds: list[str], sizes: list[int], chance: Any
) -> None:
    again = [*kinds, *chance.choices(kinds, k=2)]
    chance.shuffle(again)
    assert end_of(before, again, sizes) == end_of(before, kinds, [1])


def test_number_of_queries_depends_neither_on_the_events_nor_on_the_mails() -> None:
    def queries_of(number: int) -> int:
        kinds = ["send", "delivery", "reject", "soft bounce"] * number
        bodies = [envelope(event(kind, make_mail(State.UNKNOWN))) for kind in kinds]
        with CaptureQueriesContext(connection) as queries:
            hear(*bodies)
        return len(queries)

    assert (
        queries_of(1) == queries_of(5) <= 10
    )  # savepoint, lock, look for erased users and for known ones, insert, an update for each of four findings


def test_change_of_a_mail_asks_the_row_itself() -> None:
    mail = make_mail(State.UNKNOWN)
    with CaptureQueriesContext(connection) as queries:
        hear(envelope(event("send", mail)))
    updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert Counter("SELECT" in sql or "JOIN" in sql for sql in updates) == {False: 1}
