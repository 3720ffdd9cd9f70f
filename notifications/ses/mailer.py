"""Mails to SES."""

from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings

from foundation import clock
from notifications import unsubscription
from notifications.aws import clients
from notifications.aws.results import Result, ResultKind
from notifications.coverage import Coverage
from notifications.models import Notification
from notifications.ses import direct_mails, mime
from notifications.ses.mail import Mail
from notifications.ses.rendering import render_mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef


@dataclass(frozen=True)
class Message:
    """A mail in the form that SES takes."""

    notification: int
    recipient: str
    mime: bytes


def compose(notification: Notification, coverage: Coverage | None = None) -> Message:
    """Render the mail as MIME at the coverage's time, or now.

    Raises UndeliverableAddress, and what `direct_mails.complete` raises.
    """
    if notification.event is None:
        now = coverage.now if coverage else clock.now()
        return _message(notification, direct_mails.complete(notification, now))
    return _message(notification, render_mail(notification, coverage))


def _message(notification: Notification, mail: Mail) -> Message:
    headers = {
        "From": mime.mailbox("From", settings.SES_FROM_NAME, settings.SES_FROM_ADDRESS),
        "To": mail.recipient,
        "Subject": mime.text("Subject", mail.subject),
        "Date": formatdate(),
        "Message-ID": f"<notification-{notification.pk}@{settings.SES_FROM_ADDRESS.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        **({"Reply-To": mail.reply_to} if mail.reply_to else {}),
        **_unsubscribe_headers(mail.unsubscribe_url),
    }
    return Message(notification.pk, mail.recipient, mime.build(headers, mail.text, mail.html))


def send(message: Message) -> Result:
    """Call SES once; never raises what AWS or the network does. The tag names the notification in SES's feedback."""
    request: SendEmailRequestTypeDef = {
        "FromEmailAddress": settings.SES_FROM_ADDRESS,
        "Destination": {"ToAddresses": [message.recipient]},
        "Content": {"Raw": {"Data": message.mime}},
        "EmailTags": [{"Name": "notification", "Value": str(message.notification)}],
    }
    if settings.SES_CONFIGURATION_SET:
        request["ConfigurationSetName"] = settings.SES_CONFIGURATION_SET
    try:
        answer = clients.ses().send_email(**request)
    except clients.AWS_ERRORS as error:
        return clients.judge(error)
    # botocore takes an answer that it cannot read for an empty one.
    if message_id := answer.get("MessageId"):
        return Result(ResultKind.ACCEPTED, message_id=message_id)
    return Result(ResultKind.UNKNOWN, error="unreadable answer")


def _unsubscribe_headers(url: str) -> dict[str, str]:
    """Return the headers of https://www.rfc-editor.org/rfc/rfc8058#section-3.1.

    The link stands in one line with its name. Some servers sign a folded one by DKIM so that nobody can verify it:
    https://github.com/nodemailer/nodemailer/issues/1654
    """
    if not url:
        return {}
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": urlencode(unsubscription.ONE_CLICK),
    }
