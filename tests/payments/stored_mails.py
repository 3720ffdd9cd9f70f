"""Mails of payments that wait in the outbox, as they would be sent."""

from datetime import datetime

from foundation.mail import ObsoleteMail
from notifications.models import Notification
from notifications.ses import direct_mails

BACKEND = "notifications.email_backend.OutboxBackend"
"""The backend to set, because pytest-django replaces it."""

OBSOLETE = "obsolete"


def stored_mails(kind: str, now: datetime) -> list[str]:
    """Return subject and text of each account mail of the kind as it would be sent at `now`, oldest first."""
    return [_text(row, now) for row in Notification.objects.filter(account_kind=kind).order_by("pk")]


def _text(row: Notification, now: datetime) -> str:
    try:
        mail = direct_mails.complete(row, now)
    except ObsoleteMail:
        return OBSOLETE
    return f"{mail.subject}\n{mail.text}"
