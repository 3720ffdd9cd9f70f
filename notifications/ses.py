"""One mail to SES."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications import aws
from notifications.models import Notification
from notifications.outcomes import Outcome, Verdict
from notifications.rendering import render_mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef


@dataclass(frozen=True)
class Message:
    """A mail as SES takes it."""

    notification: int
    recipient: str
    mime: bytes


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
        },
    )
    mime.attach_alternative(mail.html, "text/html")
    return Message(notification.pk, mail.recipient, mime.message().as_bytes())


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
