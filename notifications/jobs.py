"""What EventBridge starts, and queues of SQS. Zappa wants exactly `(event, context)`."""

from typing import Any

from foundation import clock
from foundation.jobs.invocation import LambdaContext, scheduled_job
from foundation.jobs.sqs_batch import Answer, queue_job
from notifications.outbox.delivery import Delivery
from notifications.reminders import Reminders
from notifications.ses import feedback


def deliver_notifications(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Take what is due from the outbox to SES and SNS. Returns how many were claimed, and how many got each verdict.

    Raises InvalidJobEvent, JobFailed, or the database's error; what AWS answers is on the rows.
    """
    with scheduled_job(event, context) as invocation:
        return Delivery(invocation.time_left).run()


def send_expiry_reminders(event: dict[str, Any], context: LambdaContext) -> dict[str, int | bool]:
    """Put a reminder into the outbox for each subscription whose end comes near; the next delivery takes it to SES.

    Returns how many were recorded, whether the time sufficed for all, and how many plans have malformed days. Raises
    InvalidJobEvent, JobFailed, or the database's error.
    """
    with scheduled_job(event, context) as invocation:
        return Reminders(now=clock.now(), time_left=invocation.time_left).run()


def handle_ses_feedback(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Take in what SES says of mails afterwards. Returns which messages of the queue are no events of SES.

    Raises InvalidJobEvent, JobFailed, or the database's error; Lambda then brings the whole batch again.
    """
    with queue_job(event, context) as batch:
        feedback.handle(batch)
        return batch.answer()
