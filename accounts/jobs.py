"""Scheduled jobs. Zappa requires the signature `(event, context)`."""

import logging
from typing import Any

from accounts.leaving import erase_leavers
from foundation import clock
from foundation.jobs.invocation import LambdaContext, scheduled_job

logger = logging.getLogger(__name__)


def erase_leaving_users(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Erase the users who asked for it and whose last subscription has ended.

    Returns `{"erased", "waiting", "failed", "refused"}`; the next run continues. Raises InvalidJobEvent, JobFailed, or
    the database's error.
    """
    with scheduled_job(event, context) as invocation:
        counted = erase_leavers(clock.now(), invocation.time_left)
        logger.info("leaving users erased", extra=counted)
        return counted
