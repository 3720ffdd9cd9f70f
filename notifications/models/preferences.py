"""Preferences for mails that are no receipts."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NotificationPreferences(models.Model):
    """Preferences of a user. A user without a row is reminded."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notification_preferences",
        verbose_name=_("user"),
    )
    reminders = models.BooleanField(_("reminders before a subscription ends"), default=True, db_default=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("notification preferences")
        verbose_name_plural = _("notification preferences")

    def __str__(self) -> str:
        return f"notification preferences of user {self.pk}"
