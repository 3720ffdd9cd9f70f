"""A notification as operators read it: its recipient, subject and text."""

from datetime import datetime

from django.utils.translation import gettext as _

from notifications.channels import lookup
from notifications.models import REMINDER, Notification

UNKNOWN = "-"
"""Shown for a channel that is no longer registered."""


def kind_of(notification: Notification) -> str:
    """Return the transition, or that it is a reminder, in the operator's language."""
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
