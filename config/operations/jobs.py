"""Scheduled jobs of the service as a whole. Zappa requires the signature `(event, context)`."""

import logging
from typing import Any

from foundation import clock
from foundation.jobs import retention
from foundation.jobs.invocation import LambdaContext, scheduled_job

logger = logging.getLogger(__name__)


def delete_old_rows(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Delete rows past their retention. Return the number of deleted rows per kind; the next run continues.

    Raises InvalidJobEvent, JobFailed, or the database's error.
    """
    with scheduled_job(event, context) as invocation:
        deleted = retention.delete_old(clock.now(), invocation.time_left)
        logger.info("old rows deleted", extra=deleted)
        return deleted
