"""Lambda invocation: frame of a job, time left, and request id for the log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from django.db import close_old_connections

logger = logging.getLogger(__name__)

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the current invocation or HTTP request; empty outside of both."""


class LambdaContext(Protocol):
    """Attributes of AWS's context object that jobs use.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class InvocationError(Exception):
    """Base class of errors between AWS and a job."""


class InvalidJobEvent(InvocationError, ValueError):
    """The event is not the one AWS sends to such a job. Nothing was done."""


class JobFailed(InvocationError, RuntimeError):
    """A job raised TypeError, which Zappa would mistake for a wrong signature and run the job again."""


@dataclass(frozen=True)
class Invocation:
    """Current invocation of a job."""

    time_left: Callable[[], timedelta]


@contextmanager
def scheduled_job(event: Any, context: LambdaContext) -> Iterator[Invocation]:
    """Frame a job started by EventBridge or by an operator's `command`.

    Raises InvalidJobEvent, and the errors of `framed`.
    """
    _check(event)
    with framed(context) as invocation:
        yield invocation


@contextmanager
def framed(context: LambdaContext) -> Iterator[Invocation]:
    """Frame any job: set the request id, close stale connections, convert TypeError.

    Zappa runs jobs outside Django's request cycle, which otherwise closes connections dropped by the database. Raises
    JobFailed instead of TypeError.
    """
    token = request_id.set(context.aws_request_id)
    close_old_connections()
    try:
        yield Invocation(lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()))
    except TypeError as error:
        logger.exception("job raised TypeError")
        raise JobFailed(f"TypeError: {error}") from error
    finally:
        close_old_connections()
        request_id.reset(token)


def _check(event: Any) -> None:
    if not isinstance(event, dict):
        raise InvalidJobEvent(f"expected EventBridge's JSON object, got {type(event).__name__}")
    if event.get("detail-type") == "Scheduled Event" and event.get("source") == "aws.events":
        return
    if not isinstance(event.get("command"), str):
        raise InvalidJobEvent(
            'expected {"detail-type": "Scheduled Event", "source": "aws.events", ...} from EventBridge,'
            f' or {{"command": "package.module.function"}} from an operator; got the keys {sorted(map(str, event))}'
        )
