"""Admin pages of the outbox, its channels and the feedback; importing this package registers them."""

from notifications.admin import channels, feedback, notifications

__all__ = ["channels", "feedback", "notifications"]
