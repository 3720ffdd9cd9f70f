"""Jobs, started by EventBridge and SQS. Zappa requires the signature `(event, context)`."""

from typing import Any

from foundation import clock
from foundation.jobs.invocation import LambdaContext, scheduled_job
from foundation.jobs.sqs_batch import Answer, queue_job
from notifications.outbox.delivery import Delivery
from notifications.reminders import Reminders
from notifications.ses import feedback


def deliver_notifications(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Deliver the due notifications. Return the number claimed, and the number per result.

    Raises InvalidJobEvent, JobFailed, or the database's error; what AWS answers is on the rows.
    """
    with scheduled_job(event, context) as invocation:
        return Delivery(invocation.time_left).run()


def send_expiry_reminders(event: dict[str, Any], context: LambdaContext) -> dict[str, int | bool]:
    """Record a reminder for each subscription that ends soon; the next delivery sends it.

    Returns how many were recorded, whether the time sufficed for all, and how many plans have malformed days. Raises
    InvalidJobEvent, JobFailed, or the database's error.
    """
    with scheduled_job(event, context) as invocation:
        return Reminders(now=clock.now(), time_left=invocation.time_left).run()


def handle_ses_feedback(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Process SES delivery feedback. Return the queue messages that are no SES events.

    Raises InvalidJobEvent, JobFailed, or the database's error; Lambda then brings the whole batch again.
    """
    with queue_job(event, context) as batch:
        feedback.handle(batch)
        return batch.answer()
