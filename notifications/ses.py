"""One mail to SES."""

import email.message
from dataclasses import dataclass
from email.generator import BytesGenerator
from email.policy import Compat32
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications import aws, unsubscription
from notifications.models import Notification
from notifications.outcomes import Outcome, Verdict
from notifications.rendering import render_mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

LINK = "List-Unsubscribe"


@dataclass(frozen=True)
class Message:
    """A mail as SES takes it."""

    notification: int
    recipient: str
    mime: bytes


class LinkInOneLine(Compat32):
    """Folds headers as Django does, but never a link, which would come to stand on a line of its own.

    Some servers sign such a header by DKIM so that nobody can verify it:
    https://github.com/nodemailer/nodemailer/issues/1654
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header as it is sent."""
        return f"{name}: {value}\n".encode("ascii") if name == LINK else super().fold_binary(name, value)


def compose(notification: Notification) -> Message:
    """Render the mail and put it into MIME, text and HTML. Raises UndeliverableAddress."""
    mail = render_mail(notification)
    domain = settings.SES_FROM_ADDRESS.rpartition("@")[2]
    mime = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        settings.SES_FROM_ADDRESS,
        [mail.recipient],
        headers={
            "Message-ID": f"<notification-{notification.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
            **_unsubscribe_headers(mail.unsubscribe_url),
        },
    )
    mime.attach_alternative(mail.html, "text/html")
    return Message(notification.pk, mail.recipient, _as_bytes(mime.message()))


def send(message: Message) -> Outcome:
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
        answer = aws.ses().send_email(**request)
    except aws.AWS_ERRORS as error:
        return aws.judge(error)
    # botocore takes an answer that it cannot read for an empty one.
    if message_id := answer.get("MessageId"):
        return Outcome(Verdict.ACCEPTED, message_id=message_id)
    return Outcome(Verdict.UNKNOWN, error="unreadable answer")


def _unsubscribe_headers(url: str) -> dict[str, str]:
    """https://www.rfc-editor.org/rfc/rfc8058#section-3.1"""
    if not url:
        return {}
    return {
        LINK: f"<{url}>",
        "List-Unsubscribe-Post": urlencode(unsubscription.ONE_CLICK),
    }


def _as_bytes(message: email.message.Message) -> bytes:
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=LinkInOneLine()).flatten(message)
    return buffer.getvalue()
