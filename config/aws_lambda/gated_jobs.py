"""Scheduled jobs behind the gate: asleep while nothing is due, and on time to the second when an end approaches."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from config.aws_lambda.admission import scheduled_function
from config.aws_lambda.http_events import is_http
from foundation import clock, gate
from foundation.due_work import work_of
from foundation.jobs import metrics
from foundation.jobs.invocation import LambdaContext
from foundation.orm.primary_reads import primary_reads
from notifications.jobs import deliver_notifications
from subscriptions.jobs import check_expired_subscriptions
from subscriptions.models import Subscription

SWEEP = "subscriptions.jobs.check_expired_subscriptions"

AWAITED = timedelta(seconds=60)
"""Time ahead in which a sweep waits for an end: until the next tick of its schedule."""

RESERVE = timedelta(seconds=90)
"""Time of the invocation that must be left after the wait, for the sweep and the delivery that follow."""

REQUEST_PATIENCE = 25
"""Seconds that a request waits for the database at most: API Gateway gives up after 29 s, and a form that is saved
later is saved unseen."""

ASLEEP = {"asleep": True}
"""Result of a job that had nothing to do."""

Job = Callable[[dict[str, Any], LambdaContext], Any]


def run_gated(
    event: dict[str, Any], context: LambdaContext, invoke: Job, sleep: Callable[[float], None] = time.sleep
) -> Any:
    """Invoke the function unless the event starts a job that has nothing to do; close the gate after a job.

    A job that raises leaves the gate open, so that its next run follows a minute later.
    """
    _set_patience(event)
    if event.get("detail-type") != "Scheduled Event":
        answer = invoke(event, context)
        if _is_by_hand(event):
            gate.close_gate(clock.now())
        return answer
    job = scheduled_function(event)
    work = work_of(job)
    if work and not work.is_on():
        return invoke(event, context)
    if work and work.marker and gate.is_closed(work.marker, clock.now()):
        metrics.emit(dict.fromkeys(work.heartbeats, 0))
        return ASLEEP
    began = clock.now()
    answer = invoke(event, context)
    if job == SWEEP:
        _sweep_next_ends(event, context, began, sleep)
    gate.close_gate(clock.now())
    return answer


def _set_patience(event: dict[str, Any]) -> None:
    """Wait for a database that resumes: a job as long as DATABASE_CONNECT_SECONDS, a request no longer than it may."""
    seconds = settings.DATABASE_CONNECT_SECONDS
    options = connection.settings_dict["OPTIONS"]
    options["connect_timeout"] = min(seconds, REQUEST_PATIENCE) if is_http(event) else seconds


def _is_by_hand(event: dict[str, Any]) -> bool:
    """Return True for a job or command of an operator. A sweep among them must note for how long none follows it."""
    command = event.get("command")
    return bool(event.get("manage")) or (command is not None and work_of(str(command)) is not None)


def _sweep_next_ends(
    event: dict[str, Any], context: LambdaContext, swept: datetime, sleep: Callable[[float], None]
) -> None:
    """Wait for each end within the minute after that of the last sweep, expire it, and deliver what tells of it.

    An end that passed while the sweep worked is swept at once. What a sweep has left is the next tick's.
    """
    until = clock.now() + AWAITED
    while (wait := _wait_for_next_end(swept, until, context)) is not None:
        if wait:
            sleep(wait.total_seconds())
        swept = clock.now()
        check_expired_subscriptions(event, context)
        deliver_notifications(event, context)


def _wait_for_next_end(swept: datetime, until: datetime, context: LambdaContext) -> timedelta | None:
    """Return the time until the next end after `swept`; None if that is too far, or leaves too little time."""
    with primary_reads():
        end = Subscription.objects.earliest_end(after=swept)
    connection.close()  # while it waits it holds no session, and no lock
    if end is None or end > until:
        return None
    wait = max(end - clock.now(), timedelta())
    available = timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
    return wait if wait <= available else None
