"""SES feedback for the mails that the local AWS has accepted.

On AWS, SES publishes each event of a mail to the topics of its configuration set. moto accepts configuration sets but
publishes nothing. tests/infra/local/test_ses_feedback.py fails once a stock moto publishes: then delete this module.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import boto3

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.accepted_mail import AcceptedMail

BOUNCE = "bounce@simulator.amazonses.com"
COMPLAINT = "complaint@simulator.amazonses.com"
"""Addresses of SES's mailbox simulator. https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html"""

TAGGED = re.compile(r"<notification-(?P<key>[0-9]+)@")
"""Message-ID of the mail; moto drops the tag with the same value."""

Event = dict[str, Any]


class SesFeedback:
    """Publisher to a topic. Create it after the local AWS is started."""

    def __init__(self, topic_arn: str) -> None:
        self._topic_arn = topic_arn
        self._sns = boto3.client("sns")
        self._told: set[str] = set()

    def tell(self, mails: Iterable[AcceptedMail], now: datetime) -> None:
        """Publish the events of mails without events so far."""
        for mail in mails:
            if mail.message_id not in self._told:
                self._told.add(mail.message_id)
                for event in events_of(mail, now):
                    self._sns.publish(TopicArn=self._topic_arn, Message=json.dumps(event))


def events_of(mail: AcceptedMail, now: datetime) -> Iterator[Event]:
    """Yield the events in SES's usual order.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    """
    said = {"mail": _mail(mail, now)}
    yield {"eventType": "Send", "send": {}} | said
    if BOUNCE in mail.recipients:
        yield {"eventType": "Bounce", "bounce": _bounce(mail, now)} | said
        return
    yield {"eventType": "Delivery", "delivery": _delivery(mail, now)} | said
    if COMPLAINT in mail.recipients:
        yield {"eventType": "Complaint", "complaint": _complaint(mail, now)} | said


def _mail(mail: AcceptedMail, now: datetime) -> Event:
    tagged = TAGGED.match(mail.message["Message-ID"] or "")
    return {
        "timestamp": _written(now),
        "source": str(mail.message["From"]),
        "sendingAccountId": ACCOUNT,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "headersTruncated": False,
        "tags": {"notification": [tagged["key"]]} if tagged else {},
    }


def _bounce(mail: AcceptedMail, now: datetime) -> Event:
    failed = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    return {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": address} | failed for address in mail.recipients],
        "timestamp": _written(now),
        "feedbackId": f"feedback-{mail.message_id}",
    }


def _delivery(mail: AcceptedMail, now: datetime) -> Event:
    return {
        "timestamp": _written(now),
        "processingTimeMillis": 0,
        "recipients": mail.recipients,
        "smtpResponse": "250 2.6.0 Message received",
    }


def _complaint(mail: AcceptedMail, now: datetime) -> Event:
    return {
        "complainedRecipients": [{"emailAddress": address} for address in mail.recipients],
        "timestamp": _written(now),
        "feedbackId": f"feedback-{mail.message_id}",
        "complaintFeedbackType": "abuse",
    }


def _written(now: datetime) -> str:
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
