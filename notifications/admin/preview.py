"""A notification as operators read it: its recipient, subject and text."""

from datetime import datetime

from django.utils.translation import gettext as _

from foundation.mail import find_mail_kind
from notifications.channels import lookup
from notifications.models import REMINDER, Notification

UNKNOWN = "-"
"""Shown for a channel that is no longer registered."""


def kind_of(notification: Notification) -> str:
    """Return the transition, that it is a reminder, or what other mail it is, in the operator's language."""
    if notification.payment_event is not None:
        return _("payment %(kind)s") % {"kind": notification.payment_event.get_kind_display()}
    if notification.event is None:
        found = find_mail_kind(notification.account_kind)
        return str(found.label) if found else notification.account_kind or _("message")
    return _("reminder") if notification.kind == REMINDER else notification.event.get_transition_display()


def recipient_of(notification: Notification) -> str:
    """Return the user's current address, or where else the channel leads."""
    channel = lookup.find(notification.channel)
    return channel.recipient_of(notification) if channel else UNKNOWN


def subject_of(notification: Notification) -> str:
    """Return the subject, with no query beyond those that loaded the list."""
    channel = lookup.find(notification.channel)
    return channel.subject_of(notification) if channel else UNKNOWN


def text_of(notification: Notification) -> str:
    """Return the whole message as text."""
    channel = lookup.find(notification.channel)
    return channel.text_of(notification) if channel else UNKNOWN


def note_on(notification: Notification, now: datetime) -> str:
    """Return how the text relates to what was sent."""
    channel = lookup.find(notification.channel)
    return channel.note_on(notification, now) if channel else _("This channel is not registered.")
