"""Sending limits of the SES account."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, Q

from foundation.orm.update_returning import update_returning
from notifications.aws import clients
from notifications.channels import pauses
from notifications.models import PER_RECIPIENT, Channel, ChannelStatus, Notification, PauseReason, database_time

logger = logging.getLogger(__name__)

ASKED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class SesAccount:
    """Answer of https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html.

    `rate` is mails a second; `daily` and `sent` are mails in 24 hours, where -1 is no limit.
    """

    rate: float
    daily: float
    sent: float
    is_enabled: bool

    @property
    def pause(self) -> PauseReason | None:
        """The reason for which nothing can be sent, or None."""
        if not self.is_enabled:
            return PauseReason.ACCOUNT
        return PauseReason.QUOTA if 0 <= self.daily <= self.sent else None


def refresh() -> None:
    """Ask SES for the rate if a mail waits and the last answer is old; pause the channel if nothing can be sent."""
    lately = Q(account_asked_at__isnull=True) | Q(account_asked_at__lte=database_time(-ASKED_EVERY))
    waits = Exists(Notification.objects.claimable(Channel.SES, PER_RECIPIENT))
    rows = ChannelStatus.objects.sending().filter(lately, waits, pk=Channel.SES)
    for status in update_returning(rows, account_asked_at=database_time()):
        if account := ask():
            ChannelStatus.objects.filter(pk=status.pk).update(account_rate=account.rate or None)
            if account.pause:
                pauses.pause(status, account.pause, "GetAccount")


def ask() -> SesAccount | None:
    """Call SES once; return None if it gives no answer, or no numbers."""
    try:
        answer = clients.ses().get_account()
        quota = answer["SendQuota"]
        return SesAccount(
            quota["MaxSendRate"], quota["Max24HourSend"], quota["SentLast24Hours"], answer["SendingEnabled"]
        )
    except clients.AWS_ERRORS as error:
        logger.warning("SES does not say what the account may send", extra={"error": clients.judge(error).error})
    except KeyError as error:
        logger.warning("SES does not say what the account may send", extra={"error": f"no {error}"})
    return None
