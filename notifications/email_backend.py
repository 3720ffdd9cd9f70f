"""Django's e-mail backend: mails of any app, recorded in the outbox.

A mail that is sent within a transaction is recorded in it. Each recipient gets a mail of their own, because SES reports
a bounce of a mail and not of a recipient.
"""

import logging
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from foundation.email_addresses import LONGEST_ADDRESS, UndeliverableAddress, deliverable
from foundation.mail import AccountMail
from notifications.errors import UnsendableMail
from notifications.models import LONGEST_ABOUT, LONGEST_KIND, LONGEST_USER_KEY, Channel, Notification
from notifications.outbox import immediate_delivery

logger = logging.getLogger(__name__)

LONGEST_BODY = 1_048_576
"""Characters of text or HTML. SES allows 40 MB; a claim holds as many mails in memory as it makes calls.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

PLAIN, HTML = "text/plain", "text/html"


class OutboxBackend(BaseEmailBackend):
    """Records mails in the outbox. The next delivery sends them; account mails start one at once."""

    renders_later = True
    """Account mails are recorded unrendered (`foundation.mail`)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Record the mails; return their number. Raises UnsendableMail, unless `fail_silently` is set."""
        try:
            rows = [row for mail in email_messages for row in _rows(mail)]
        except UnsendableMail as error:
            if not self.fail_silently:
                raise
            logger.warning("mail refused", extra={"reason": str(error)})
            return 0
        Notification.objects.bulk_create(rows)
        if any(row.account_kind for row in rows):
            immediate_delivery.start_on_commit()
        return len(email_messages)


def _rows(mail: EmailMessage) -> Iterator[Notification]:
    """Return one row per recipient. Raises UnsendableMail."""
    content = _account_content(mail) if isinstance(mail, AccountMail) else _stored_content(mail)
    for recipient in dict.fromkeys(mail.recipients()):
        yield Notification(channel=Channel.SES, address=_bare(recipient), **content)


def _account_content(mail: AccountMail) -> dict[str, str]:
    kind, user_key = mail.kind.name, mail.user_id or ""
    _require(len(kind) <= LONGEST_KIND, f"the kind has more than {LONGEST_KIND} characters")
    _require(len(user_key) <= LONGEST_USER_KEY, f"the user's key has more than {LONGEST_USER_KEY} characters")
    _require(len(mail.about) <= LONGEST_ABOUT, f"the key of what it is about has more than {LONGEST_ABOUT} characters")
    return {"account_kind": kind, "user_key": user_key, "about": mail.about}


def _stored_content(mail: EmailMessage) -> dict[str, str]:
    _check(mail)
    bodies = {f"text/{mail.content_subtype}": str(mail.body)} | _alternatives(mail)
    _require(bodies.keys() <= {PLAIN, HTML}, "a mail has a text and an HTML part at most; leave the others out")
    _require(all(len(body) <= LONGEST_BODY for body in bodies.values()), "the body is too long; send a link to it")
    content = {
        "stored_subject": str(mail.subject),
        "stored_text": bodies.get(PLAIN, ""),
        "stored_html": bodies.get(HTML, ""),
        "reply_to": _reply_to(mail),
    }
    _require("\0" not in "".join(content.values()), "no database stores the character NUL; remove it")
    return content


def _check(mail: EmailMessage) -> None:
    """Raise UnsendableMail for parts that the outbox does not store."""
    _require(not mail.attachments, "attachments are not stored; put the file where its reader finds it and send a link")
    others = sorted(mail.extra_headers.keys() - {"Reply-To"})
    _require(not others, f"the headers {', '.join(others)} are not stored; leave them out")
    sender = parseaddr(mail.from_email)[1].lower()
    _require(
        sender == settings.SES_FROM_ADDRESS.lower(),
        "mails come from SES_FROM_ADDRESS alone; leave out from_email, and set reply_to for answers",
    )


def _alternatives(mail: EmailMessage) -> dict[str, str]:
    """Return the contents of the alternatives by their types."""
    found: Sequence[Any] = mail.alternatives if isinstance(mail, EmailMultiAlternatives) else ()
    return {str(mimetype): str(content) for content, mimetype in found}


def _reply_to(mail: EmailMessage) -> str:
    named = list(mail.reply_to) or [str(value) for value in (mail.extra_headers.get("Reply-To"),) if value]
    _require(len(named) <= 1, "answers go to one address; name one in reply_to")
    try:
        return deliverable(parseaddr(named[0])[1]) if named else ""
    except UndeliverableAddress as error:
        raise UnsendableMail(f"reply_to is {error}") from error


def _bare(recipient: str) -> str:
    """Return the address without a display name. One that is undeliverable is found when the mail is due."""
    address = parseaddr(recipient)[1] or recipient.strip()
    _require(0 < len(address) <= LONGEST_ADDRESS, f"an address has 1 to {LONGEST_ADDRESS} characters")
    _require(address.isprintable(), "an address has no control characters")
    return address


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UnsendableMail(otherwise)
