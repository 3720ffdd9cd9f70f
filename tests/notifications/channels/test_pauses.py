"""Channel that cannot send: paused, tried with one message, resumed; no attempt is counted and nothing is lost."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import ClassVar

import pytest
from django.conf import LazySettings

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.channels import pauses
from notifications.models import Channel, ChannelStatus, Notification, PauseReason, State, database_time
from notifications.outbox.delivery import Delivery
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Answering(BaseHTTPRequestHandler):
    """SES with configured responses, the last one repeated: error code and text, or None."""

    answers: ClassVar[list[tuple[str, str] | None]] = []
    calls: ClassVar[int] = 0
    taking_turns = Lock()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.taking_turns:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            type(self).calls += 1
            number = self.calls
        self._write(answer, number)

    def _write(self, answer: tuple[str, str] | None, number: int) -> None:
        body = json.dumps({"message": answer[1]} if answer else {"MessageId": f"m-{number}"}).encode()
        self.send_response(400 if answer else 200)
        if answer:
            self.send_header("x-amzn-ErrorType", answer[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


PAUSED = ("SendingPausedException", "Sending is paused for this account.")


@pytest.fixture
def answering(aws: LocalAWS, fresh_clients: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answering]]:
    """Replace the local SES; SNS stays."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{server.server_port}")
    Answering.calls = 0
    yield Answering
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def one_call_at_a_time(settings: LazySettings) -> None:
    settings.DELIVERY_THREADS = 1


def record(number: int) -> None:
    """Create `number` mails and as many events, pending."""
    plan = make_plan()
    for _ in range(number):
        Service.create_subscription(make_user(), plan, now=NOW)


def deliver() -> dict[str, int]:
    return Delivery(lambda: timedelta(minutes=5)).run()


def ses() -> ChannelStatus:
    return ChannelStatus.objects.get(pk=Channel.SES)


def end_the_pause() -> None:
    ChannelStatus.objects.filter(paused_until__isnull=False).update(paused_until=database_time(timedelta(seconds=-1)))


def mails() -> set[tuple[str, int, bool]]:
    """Return state, attempts and intent of all mails."""
    rows = Notification.objects.filter(channel=Channel.SES)
    return {(row.state, row.attempts, row.submitted_at is not None) for row in rows}


def test_pause_costs_one_call_and_no_attempt_and_does_not_hold_up_the_events(answering: type[Answering]) -> None:
    answering.answers = [PAUSED]
    record(3)
    summary = deliver()
    assert (answering.calls, summary["paused"], summary["paused_channels"]) == (1, 3, 1)
    assert mails() == {("pending", 0, False)}
    status = ses()
    assert (status.pause_reason, status.pause_error) == (PauseReason.ACCOUNT, "SendingPausedException")
    assert Notification.objects.filter(channel=Channel.SNS, state=State.SENT).count() == 3


def test_paused_channel_is_not_claimed(answering: type[Answering]) -> None:
    answering.answers = [PAUSED]
    record(2)
    deliver()
    assert deliver()["claimed"] == 0
    assert answering.calls == 1


def test_mail_sent_before_the_pause_stays_sent(answering: type[Answering]) -> None:
    answering.answers = [None, ("ThrottlingException", "Daily message quota exceeded."), None]
    record(3)
    summary = deliver()
    assert (summary["accepted"] - 3, summary["paused"], answering.calls) == (1, 2, 2)
    assert ses().pause_reason == PauseReason.QUOTA


def test_after_the_pause_one_message_tries_and_the_others_wait_for_it(answering: type[Answering]) -> None:
    answering.answers = [PAUSED]
    record(3)
    deliver()
    first = ses()
    end_the_pause()
    assert deliver()["claimed"] == 1
    second = ses()
    assert (answering.calls, second.failed_tries, second.paused_since) == (2, 2, first.paused_since)


def test_channel_sends_on_when_the_try_is_accepted(answering: type[Answering]) -> None:
    answering.answers = [PAUSED, None]
    record(3)
    deliver()
    end_the_pause()
    assert deliver()["accepted"] == 3
    status = ses()
    assert (status.paused_since, status.paused_until, status.pause_reason, status.failed_tries) == (None, None, "", 0)


@pytest.mark.parametrize(
    ("reason", "minutes"),
    [
        (PauseReason.QUOTA, [60, 60, 60]),
        (PauseReason.ACCOUNT, [30, 60, 60]),
        (PauseReason.CREDENTIALS, [5, 10, 20]),
        (PauseReason.CONFIGURATION, [5, 10, 20]),
    ],
)
def test_pauses_grow_up_to_an_hour(reason: PauseReason, minutes: list[int]) -> None:
    assert [pauses.length(reason, tries) for tries in range(3)] == [timedelta(minutes=number) for number in minutes]
    assert pauses.length(reason, 10_000) == pauses.LONGEST_PAUSE


def test_two_deliverers_that_meet_the_same_answer_pause_once() -> None:
    status = ses()
    assert pauses.pause(status, PauseReason.ACCOUNT, "SendingPausedException")
    assert not pauses.pause(status, PauseReason.ACCOUNT, "SendingPausedException")
    assert ses().failed_tries == 1


def test_late_success_of_another_deliverer_does_not_end_a_pause() -> None:
    pauses.pause(ses(), PauseReason.ACCOUNT, "SendingPausedException")
    pauses.end(ses())
    assert ChannelStatus.objects.paused().count() == 1


def test_credentials_that_are_missing_pause_both_channels(
    aws: LocalAWS, fresh_clients: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    record(1)
    assert deliver()["paused_channels"] == 2
    assert set(ChannelStatus.objects.values_list("pause_reason", "pause_error")) == {
        ("credentials", "NoCredentialsError")
    }
    assert set(Notification.objects.values_list("state", "attempts")) == {("pending", 0)}
