"""Frame of a job started by SQS messages."""

import logging
from typing import Any

import pytest

from foundation.jobs.invocation import InvalidJobEvent, JobFailed, request_id
from foundation.jobs.sqs_batch import queue_job
from tests.support.lambda_context import Context
from tests.support.ses_feedback import queue_event


@pytest.mark.django_db
def test_messages_are_handled_one_by_one_and_only_refused_ones_come_again(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), queue_job(queue_event("1", "two", "3"), Context()) as batch:
        assert batch.each(int, ValueError) == [1, 3]
        assert batch.failures == 1
        assert batch.answer() == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    (record,) = caplog.records
    assert (record.getMessage(), vars(record)["message_id"]) == ("message refused", "m-1")


@pytest.mark.django_db
def test_nothing_comes_again_after_a_batch_without_refusals() -> None:
    with queue_job(queue_event("1", "2"), Context()) as batch:
        batch.each(int, ValueError)
        assert batch.answer() == {"batchItemFailures": []}


@pytest.mark.django_db
def test_unexpected_error_fails_the_whole_batch() -> None:
    with pytest.raises(ZeroDivisionError), queue_job(queue_event("1", "0"), Context()) as batch:
        batch.each(lambda body: 1 / int(body), ValueError)


@pytest.mark.django_db
def test_job_knows_its_time_and_its_log_lines_bear_the_request_id() -> None:
    with queue_job(queue_event("1"), Context()) as batch:
        assert batch.time_left().total_seconds() == 1.5
        assert request_id.get() == "request-1"
    assert request_id.get() == ""


@pytest.mark.django_db
def test_type_error_becomes_job_failed() -> None:
    with pytest.raises(JobFailed), queue_job(queue_event("1"), Context()):
        raise TypeError("not a signature")


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"Records": []},
        {"Records": {"body": "secret"}},
        {"Records": ["secret"]},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "secret"}}]},
        {"Records": [{"eventSource": "aws:kinesis", "messageId": "m", "body": "secret"}]},
        {"Records": [{"eventSource": "aws:sqs", "body": "secret"}]},
        {"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": {"a": "secret"}}]},
        {"detail-type": "Scheduled Event", "source": "aws.events"},
    ],
)
def test_event_that_lambda_does_not_send_is_refused_without_repeating_its_content(event: Any) -> None:
    with pytest.raises(InvalidJobEvent) as raised, queue_job(event, Context()):
        pytest.fail("the job ran")
    assert "secret" not in str(raised.value)
