"""Pauses of channels on which nothing can be sent, whatever the message.

A try is a single message after the pause has ended. If it is accepted the channel sends on; if it is answered as
before, the next pause is twice as long.
"""

import logging
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Coalesce

from notifications.models import ChannelStatus, PauseReason, database_time

logger = logging.getLogger(__name__)

FIRST_PAUSES = {
    # Of 24 hours that move on: something is free again soon. https://docs.aws.amazon.com/ses/latest/dg/quotas.html
    PauseReason.QUOTA: timedelta(hours=1),
    PauseReason.ACCOUNT: timedelta(minutes=30),
    PauseReason.CREDENTIALS: timedelta(minutes=5),
    PauseReason.CONFIGURATION: timedelta(minutes=5),
}
LONGEST_PAUSE = timedelta(hours=1)

NOT_PAUSED = {"paused_since": None, "paused_until": None, "pause_reason": "", "pause_error": "", "failed_tries": 0}


def length(reason: PauseReason, failed_tries: int) -> timedelta:
    """Return the length of a pause after this many failed attempts since the channel last sent."""
    pause: timedelta = FIRST_PAUSES[reason] * 2 ** min(failed_tries, 10)
    return min(pause, LONGEST_PAUSE)


def pause(status: ChannelStatus, reason: PauseReason, error: str) -> bool:
    """Pause the channel; return False if another deliverer already has."""
    until = database_time(length(reason, status.failed_tries))
    paused = ChannelStatus.objects.sending().filter(pk=status.pk).update(
        paused_since=Coalesce(F("paused_since"), database_time()),
        paused_until=until,
        pause_reason=reason,
        pause_error=error,
        failed_tries=F("failed_tries") + 1,
    )  # fmt: skip
    if paused:
        logger.error("channel paused", extra={"channel": status.channel, "reason": reason.value, "error": error})
    return bool(paused)


def end(status: ChannelStatus) -> None:
    """End the pause, because a message was accepted after it."""
    if ChannelStatus.objects.sending().filter(pk=status.pk, paused_since__isnull=False).update(**NOT_PAUSED):
        logger.info("channel resumed", extra={"channel": status.channel})


def resume(channel: str) -> bool:
    """Let an operator resume the channel at once; return False if it was not paused."""
    rows = ChannelStatus.objects.filter(pk=channel, paused_since__isnull=False)
    return bool(rows.update(paused_until=database_time(), failed_tries=0))
