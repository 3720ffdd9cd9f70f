"""Deliveries that do not wait for the schedule: the function invokes itself asynchronously.

One follows each transaction that records account mails, for known and unknown addresses alike. If it cannot be started,
the schedule delivers within a minute.
"""

import json
import logging

from django.conf import settings
from django.db import transaction

from foundation.jobs import metrics
from notifications.metrics import NotificationMetric

logger = logging.getLogger(__name__)

EVENT = {"command": "notifications.jobs.deliver_notifications"}
"""An event that the function admits because the schedule names the same job. It says nothing about anybody."""


def start_on_commit() -> None:
    """Start a delivery once the current transaction commits, at once if there is none."""
    # Django keeps (savepoints, function, robust) of what is to run.
    is_planned = any(planned[1] is start for planned in transaction.get_connection().run_on_commit)
    if settings.DELIVERY_FUNCTION and not is_planned:
        transaction.on_commit(start, robust=True)


def start() -> None:
    """Start a delivery. What AWS answers is logged and counted, and never an error of the visitor's request."""
    from notifications.aws import clients  # noqa: PLC0415 - botocore, which a page without account mails need not load

    try:
        clients.functions().invoke(
            FunctionName=settings.DELIVERY_FUNCTION, InvocationType="Event", Payload=json.dumps(EVENT)
        )
    except clients.AWS_ERRORS as error:
        logger.warning("delivery not started", extra={"error": clients.judge(error).error})
        metrics.emit({NotificationMetric.DELIVERIES_NOT_STARTED: 1})
