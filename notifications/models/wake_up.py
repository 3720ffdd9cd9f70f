"""Whether a message that wakes the delivery is under way. One row."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WakeUp(models.Model):
    """What keeps a second message from being sent while one is under way."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    sent_at = models.DateTimeField(
        _("sent at"), null=True, help_text=_("of the message that is under way; empty: none is")
    )

    class Meta:
        verbose_name = _("wake-up")
        verbose_name_plural = _("wake-ups")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="wake_up_is_one")]

    def __str__(self) -> str:
        return f"wake-up {self.pk}"


def ensure_wake_up(**kwargs: Any) -> None:
    """Create the row where it is missing: after `migrate`, and after a test has emptied the database."""
    WakeUp.objects.bulk_create([WakeUp(id=1)], ignore_conflicts=True)
