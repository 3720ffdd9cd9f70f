"""Frame of a scheduled job."""

import logging
from typing import Any

import pytest

from foundation.jobs.invocation import InvalidJobEvent, JobFailed, request_id, scheduled_job
from tests.support.lambda_context import SCHEDULED, Context


@pytest.mark.parametrize("event", [SCHEDULED, {"command": "subscriptions.jobs.check_expired_subscriptions"}])
@pytest.mark.django_db
def test_job_knows_its_time_and_its_log_lines_bear_the_request_id(event: dict[str, Any]) -> None:
    with scheduled_job(event, Context()) as invocation:
        assert invocation.time_left().total_seconds() == 1.5
        assert request_id.get() == "request-1"
    assert request_id.get() == ""


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (None, "got NoneType"),
        ([], "got list"),
        ({}, r"got the keys \[\]"),
        ({"detail-type": "Scheduled Event"}, "detail-type"),
        ({"detail-type": "Scheduled Event", "source": "evil.com"}, "detail-type"),
        ({"source": "aws.events", "detail-type": "EC2 Instance State-change Notification"}, "detail-type"),
        ({"Records": [{"Sns": {"Message": "secret"}}]}, r"got the keys \['Records'\]"),
        ({"command": 7}, "command"),
    ],
)
def test_event_that_aws_does_not_send_is_refused_without_repeating_its_content(event: Any, message: str) -> None:
    with pytest.raises(InvalidJobEvent, match=message) as raised, scheduled_job(event, Context()):
        pytest.fail("the job ran")
    assert "secret" not in str(raised.value)


@pytest.mark.django_db
def test_type_error_becomes_job_failed_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(JobFailed) as raised, scheduled_job(SCHEDULED, Context()):
        raise TypeError("not a signature")
    assert isinstance(raised.value.__cause__, TypeError)
    assert "not a signature" in caplog.text


@pytest.mark.django_db
def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(KeyError), scheduled_job(SCHEDULED, Context()):
        raise KeyError("x")
