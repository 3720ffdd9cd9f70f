"""Waking the delivery after a commit, for those who will not wait for the schedule's tick: WAKE_UP_QUEUE_URL.

The message says nothing but that there is something to send, so its loss costs no more than the wait for the tick.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from notifications.models import WakeUp, database_time

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = timedelta(minutes=2)
"""From then on a message counts as lost: longer than Lambda takes to poll and to start.

Also how often a queue that does not answer is tried again, and holds up a request.
"""


def after_commit() -> None:
    """Have the delivery woken once this transaction is committed, where a queue is configured."""
    if settings.WAKE_UP_QUEUE_URL:
        # Robust: what fails here is logged, and leaves the transition and its other receivers alone.
        transaction.on_commit(send, robust=True)


def send() -> bool:
    """Send a message unless one is under way; False where none was sent. What SQS or the network does is logged."""
    free = Q(sent_at__isnull=True) | Q(sent_at__lte=database_time(-FORGOTTEN_AFTER))
    if not WakeUp.objects.filter(free).update(sent_at=database_time()):
        return False
    # A hundred milliseconds of botocore that a cold start need not pay where no queue is configured.
    from notifications.aws import clients  # noqa: PLC0415

    try:
        clients.sqs().send_message(QueueUrl=settings.WAKE_UP_QUEUE_URL, MessageBody="deliver")
    except clients.AWS_ERRORS as error:
        logger.warning("wake-up not sent", extra={"error": clients.judge(error).error})
        return False
    return True


def arrived() -> None:
    """Let the next commit send a message again. Called before anything is claimed, or that commit could be missed."""
    WakeUp.objects.filter(sent_at__isnull=False).update(sent_at=None)
