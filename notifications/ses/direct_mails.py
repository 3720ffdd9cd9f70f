"""Mails without an event: account mails, rendered by their kind, and mails that are stored as text."""

import logging
import re
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from foundation.email_addresses import deliverable
from foundation.mail import HIDDEN_LINK, ObsoleteMail, Rendered, find_mail_kind, mail_kind
from notifications.errors import RenderingFailed
from notifications.models import Notification
from notifications.ses.mail import Mail

logger = logging.getLogger(__name__)

LINK = re.compile(r"(?P<site>https?://[^\s/?#\"'<>]+)(?P<rest>[/?#][^\s\"'<>]*)")
LAST_FRAMES = 3


def complete(notification: Notification, now: datetime) -> Mail:
    """Return the mail as it is sent, with working links.

    Raises UndeliverableAddress, ObsoleteMail, UnknownMailKind or RenderingFailed.
    """
    return _mail(notification, now, Rendered.complete)


def masked(notification: Notification, now: datetime) -> Mail:
    """Return the mail for operators. Its links are cut to their sites, because they may act for the recipient.

    Raises what `complete` raises.
    """
    mail = _mail(notification, now, Rendered.masked)
    return replace(mail, subject=mask_links(mail.subject), text=mask_links(mail.text), html=mask_links(mail.html))


def subject_of(notification: Notification) -> str:
    """Return the subject of a stored mail, or the label of an account mail's kind, without a query."""
    if not notification.account_kind:
        return mask_links(" ".join(notification.stored_subject.split()))
    kind = find_mail_kind(notification.account_kind)
    return str(kind.label) if kind else notification.account_kind


def mask_links(text: str) -> str:
    """Return the text with "…" in place of each link's path and query."""
    return LINK.sub(lambda link: f"{link['site']}/{HIDDEN_LINK}", text)


def _mail(notification: Notification, now: datetime, finish: Callable[[Rendered], Rendered]) -> Mail:
    recipient = deliverable(notification.address)
    if not notification.account_kind:
        content = (notification.stored_subject, notification.stored_text, notification.stored_html)
        return Mail(recipient, *content, reply_to=notification.reply_to)
    rendered = _rendered(notification, now, finish)
    return Mail(recipient, rendered.subject, rendered.text, rendered.html)


def _rendered(notification: Notification, now: datetime, finish: Callable[[Rendered], Rendered]) -> Rendered:
    """Render an account mail. One renderer's error must not hold up the other mails of the claim."""
    kind = mail_kind(notification.account_kind)
    try:
        rendered = kind.rendered(notification.address, notification.user_key or None, notification.about, now)
        final = finish(rendered) if rendered else None
    except Exception as error:  # noqa: BLE001 - code of any app, recorded on the row and in the log
        name = type(error).__name__
        # The error's text may hold the link; the frames hold code alone.
        frames = "".join(traceback.format_tb(error.__traceback__)[-LAST_FRAMES:])
        logger.error("account mail not rendered", extra={"kind": kind.name, "error": name, "frames": frames})  # noqa: TRY400 - as above
        raise RenderingFailed(f"rendering failed: {name}") from None
    if final is None:
        raise ObsoleteMail(f"a mail of the kind {kind.name} is obsolete")
    return final
