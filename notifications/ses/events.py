"""Parser of SES events in SQS messages.

A message's body is SNS's envelope (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html), whose
`Message` is SES's event, as text
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.errors import UnreadableFeedback
from notifications.models import EventType

GREETING = "Successfully validated SNS topic for Amazon SES event publishing."
"""Text that SES publishes when it is given a topic; anymail's webhooks/amazon_ses.py knows it too."""

DETAILS: Mapping[EventType, tuple[str, str]] = {
    EventType.BOUNCE: ("bounce", "bouncedRecipients"),
    EventType.COMPLAINT: ("complaint", "complainedRecipients"),
    EventType.DELIVERY: ("delivery", ""),
    EventType.DELIVERY_DELAY: ("deliveryDelay", ""),
    EventType.OPEN: ("open", ""),
    EventType.CLICK: ("click", ""),
    EventType.SUBSCRIPTION: ("subscription", ""),
}
"""Members of the details that have a time of their own, and of the list of their recipients."""

ID = re.compile(r"[!-~]{1,100}")
KEY = re.compile(r"[1-9][0-9]{0,17}")
"""A primary key; 18 digits fit into the database's 64 bits."""
IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
WORD = re.compile(r"[A-Za-z]{1,40}")


@dataclass(frozen=True)
class SesEvent:
    """The parts of an SES event that this service uses."""

    sns_message_id: str
    type: EventType
    notification: int | None
    """Primary key from the mail's tag; None without a tag, as with mails of other senders."""
    message_id: str
    occurred_at: datetime
    recipients: tuple[str, ...]
    """Addresses of a bounce or a complaint: the mail's one recipient, or those named if it had several."""
    is_permanent: bool
    """True if SES calls a bounce permanent. `Transient` may be an automatic reply to a mail that has arrived."""
    reason: str
    """Type and subtype of a bounce, or that SES rejected the mail. It names nobody."""
    raw: str


def read_event(body: str) -> SesEvent | None:
    """Return the event in a queue message; None for SES's greeting, which is about no mail.

    Raises UnreadableFeedback, in words that repeat nothing of the body.
    """
    envelope = _object(body, "the body")
    if envelope.get("Type") != "Notification":
        raise UnreadableFeedback("the body is no notification of SNS")
    raw = envelope.get("Message")
    if raw == GREETING:
        return None
    if not isinstance(raw, str) or not _is_storable(raw):
        raise UnreadableFeedback("SNS's notification has no text in Message")
    return _event(_id(envelope, "MessageId"), raw)


def written_to(raw: str) -> tuple[str, ...]:
    """Return the addresses to which the mail of a stored event went; none if its text was cleared."""
    destination = json.loads(raw).get("mail", {}).get("destination")
    return _bare(destination) if isinstance(destination, list) else ()


def _event(sns_message_id: str, raw: str) -> SesEvent:
    event = _object(raw, "SES's event")
    event_type = _type(event)
    mail = _member(event, "mail")
    name, recipients = DETAILS.get(event_type, ("", ""))
    details = _member(event, name) if name else {}
    return SesEvent(
        sns_message_id=sns_message_id,
        type=event_type,
        notification=_notification(mail),
        message_id=_id(mail, "messageId"),
        occurred_at=_time(details or mail),
        recipients=_recipients(mail, _addresses(details, recipients)) if recipients else (),
        is_permanent=details.get("bounceType") == "Permanent",
        reason=_reason(event_type, details),
        raw=raw,
    )


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:  # RecursionError: a million brackets
        raise UnreadableFeedback(f"{what} is not JSON") from error
    if not isinstance(found, dict):
        raise UnreadableFeedback(f"{what} is no JSON object")
    return found


def _is_storable(text: str) -> bool:
    """Return True for text that a database takes: JSON can hold halves of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _type(event: dict[str, Any]) -> EventType:
    # The second is its name where SES was set up for an identity and not for a configuration set.
    named = event.get("eventType", event.get("notificationType"))
    try:
        return EventType(str(named))
    except ValueError as error:
        raise UnreadableFeedback("SES's event is of no type that SES documents") from error


def _member(event: dict[str, Any], name: str) -> dict[str, Any]:
    found = event.get(name)
    if not isinstance(found, dict):
        raise UnreadableFeedback(f"SES's event has no {name}")
    return found


def _id(holder: dict[str, Any], name: str) -> str:
    found = holder.get(name)
    if not isinstance(found, str) or not ID.fullmatch(found):
        raise UnreadableFeedback(f"{name} is no id")
    return found


def _time(holder: dict[str, Any]) -> datetime:
    written = holder.get("timestamp")
    if not isinstance(written, str) or not written.endswith("Z"):
        raise UnreadableFeedback("the timestamp is not in UTC")
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise UnreadableFeedback("the timestamp is none") from error


def _notification(mail: dict[str, Any]) -> int | None:
    tags = mail.get("tags")
    values = tags.get("notification") if isinstance(tags, dict) else None
    value = values[0] if isinstance(values, list) and len(values) == 1 else None
    return int(value) if isinstance(value, str) and KEY.fullmatch(value) else None


def _recipients(mail: dict[str, Any], named: tuple[str, ...]) -> tuple[str, ...]:
    """Return the mail's one recipient. A forwarding mailbox makes SES name another, and the list may be empty.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (mail's `destination`).
    Only mails of somebody else have several; there the event has to say which.
    """
    destination = mail.get("destination")
    written_to = _bare(destination) if isinstance(destination, list) else ()
    return written_to if len(written_to) == 1 else named


def _addresses(details: dict[str, Any], name: str) -> tuple[str, ...]:
    recipients = details.get(name)
    if not isinstance(recipients, list):
        raise UnreadableFeedback(f"SES's event has no {name}")
    return _bare(recipient.get("emailAddress") for recipient in recipients if isinstance(recipient, dict))


def _bare(mailboxes: Iterable[Any]) -> tuple[str, ...]:
    """Return the addresses without display names, as in `Some Name <somebody@example.com>`."""
    texts = (mailbox for mailbox in mailboxes if isinstance(mailbox, str))
    return tuple(found[1] if (found := IN_BRACKETS.search(text)) else text for text in texts)


def _reason(event_type: EventType, details: dict[str, Any]) -> str:
    if event_type != EventType.BOUNCE:
        return "rejected by SES" if event_type == EventType.REJECT else ""
    words = [str(details.get(name)) for name in ("bounceType", "bounceSubType")]
    return "/".join(word if WORD.fullmatch(word) else "?" for word in words)
