"""What EventBridge starts of the service as a whole. Zappa wants exactly `(event, context)`."""

import logging
from typing import Any

from config.operations.retention import Retention
from foundation import clock
from foundation.jobs.invocation import LambdaContext, scheduled_job

logger = logging.getLogger(__name__)


def delete_old_rows(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Delete what is older than it is kept. Returns how many rows of each kind; what is left, the next run takes.

    Raises InvalidJobEvent, JobFailed, or the database's error.
    """
    with scheduled_job(event, context) as invocation:
        deleted = Retention(clock.now()).delete_old(invocation.time_left)
        logger.info("old rows deleted", extra=deleted)
        return deleted
