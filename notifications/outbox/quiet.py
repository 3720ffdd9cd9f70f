"""Quiet of the outbox: nothing waits, and every channel sends."""

from notifications import channel_registry
from notifications.models import ChannelStatus, Notification, State


def is_quiet() -> bool:
    """Return True if no notification is unfinished and no channel is paused. Reads partial indexes only."""
    return not has_unfinished() and not ChannelStatus.objects.paused().exists()


def has_unfinished() -> bool:
    """Return True if a notification is to be sent, is being sent, or waits for a confirmation."""
    rows = Notification.objects.filter(channel__in=channel_registry.names())
    unfinished = (
        rows.filter(state=State.PENDING),
        rows.filter(lease_token__isnull=False),
        rows.filter(state=State.UNKNOWN, finished_at__isnull=True),
    )
    return any(waiting.exists() for waiting in unfinished)
