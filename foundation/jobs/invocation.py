"""One invocation of the Lambda function: who called, how much time is left, and the id its log lines carry."""

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
"""The id of the invocation or HTTP request that is being served; empty outside of one."""


class LambdaContext(Protocol):
    """What jobs use of the object that AWS passes beside the event.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class InvocationError(Exception):
    """Base of what goes wrong between AWS and a job."""


class InvalidJobEvent(InvocationError, ValueError):
    """The event is not what AWS sends for such a job; nothing was done."""


class JobFailed(InvocationError, RuntimeError):
    """A job raised TypeError, which Zappa would take for a wrong signature: it would run the job again."""


@dataclass(frozen=True)
class Invocation:
    """A job's view of its invocation."""

    time_left: Callable[[], timedelta]


@contextmanager
def scheduled_job(event: Any, context: LambdaContext) -> Iterator[Invocation]:
    """Frame a job that EventBridge starts, or an operator by a `command`.

    Raises InvalidJobEvent, and what `framed` raises.
    """
    _check(event)
    with framed(context) as invocation:
        yield invocation


@contextmanager
def framed(context: LambdaContext) -> Iterator[Invocation]:
    """What every job needs: name the request in the log, close dead connections, keep a TypeError.

    Zappa runs jobs outside of Django's request cycle, which otherwise closes connections that the database dropped.
    Raises JobFailed in place of a TypeError.
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
