"""The fake AWS of the delivery benchmark behaves like AWS as far as clients can tell."""

from collections.abc import Iterator

import pytest

from benchmarks.delivery.contenders import KEYS, ONE_BY_ONE, PROJECT, SES, SNS, ground
from benchmarks.delivery.fake_aws import FakeAWS
from notifications.aws import clients
from notifications.aws.results import Result, ResultKind
from notifications.ses import account, mailer
from notifications.sns import publisher

MESSAGE = mailer.Message(notification=1, recipient="ada@example.com", mime=b"Subject: x\n\nx")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, fresh_clients: None) -> Iterator[FakeAWS]:
    with FakeAWS(0.0) as fake:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": fake.url}.items():
            monkeypatch.setenv(name, value)
        yield fake


def test_mail_is_accepted_and_counted(fake: FakeAWS) -> None:
    assert mailer.send(MESSAGE).kind is ResultKind.ACCEPTED
    assert fake.counted() == (1, 1)


def test_batch_of_events_is_accepted_entry_by_entry(fake: FakeAWS) -> None:
    results = publisher.publish([{"Id": str(key), "Message": "{}"} for key in (7, 8, 9)])
    assert results == dict.fromkeys((7, 8, 9), Result(ResultKind.ACCEPTED, message_id="m"))
    assert fake.counted() == (3, 1)


def test_single_event_is_accepted(fake: FakeAWS) -> None:
    assert clients.sns().publish(TopicArn="arn:aws:sns:us-east-1:123456789012:x", Message="{}")["MessageId"] == "m"
    assert fake.counted() == (1, 1)


def test_account_allows_more_than_is_sent(fake: FakeAWS) -> None:
    asked = account.ask()
    assert asked is not None
    assert (asked.rate, asked.pause) == (1_000_000.0, None)


def test_every_contender_sends_each_message_once() -> None:
    with ground(pending=40, finished=100, answer_seconds=0.0) as filled:
        for contender in (ONE_BY_ONE, PROJECT):
            for channel in (SES, SNS):
                assert filled.run(contender, channel, 40).units == 40
        assert filled.calls(ONE_BY_ONE, SNS, 40, threads=1)[0] == 40
        assert filled.calls(PROJECT, SNS, 40, threads=1)[0] == 4
