"""What EventBridge starts. Zappa wants exactly `(event, context)`."""

from typing import Any

from foundation.invocation import LambdaContext, scheduled_job
from notifications.delivery import Delivery


def deliver_notifications(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Take what is due from the outbox to SES and SNS. Returns how many were claimed, and how many got each verdict.

    Raises InvalidJobEvent, JobFailed, or the database's error; what AWS answers is on the rows.
    """
    with scheduled_job(event, context) as invocation:
        return Delivery(invocation.time_left).run()
