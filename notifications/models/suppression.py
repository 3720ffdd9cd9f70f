"""Suppressed addresses."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notifications.models.feedback import Feedback


class Reason(models.TextChoices):
    """Reasons for a suppression."""

    BOUNCE = "bounce", _("a mail bounced for good")
    COMPLAINT = "complaint", _("the recipient complained of a mail")


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Conditions of suppressions."""

    def live(self) -> "SuppressionQuerySet":
        """Return the suppressions that nobody has lifted."""
        return self.filter(lifted_at__isnull=True)


class Suppression(models.Model):
    """An address, and why mail to it stops; kept after it was lifted. Times are the database's."""

    address = models.CharField(_("address"), max_length=254, help_text=_("in lower case"))
    reason = models.CharField(_("reason"), max_length=9, choices=Reason)
    since = models.DateTimeField(_("since"), db_default=Now())
    feedback = models.ForeignKey(
        Feedback, on_delete=models.SET_NULL, null=True, related_name="suppressions", verbose_name=_("feedback")
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("lifted by")
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        permissions = [("lift_suppression", _("Can lift suppressions"))]
        constraints = [
            models.UniqueConstraint(
                fields=["address", "reason"],
                condition=Q(lifted_at__isnull=True),
                name="suppression_one_live_per_address_and_reason",
            ),
            # What was lifted does not come back by the same event, delivered once more.
            models.UniqueConstraint(
                fields=["feedback", "address", "reason"], name="suppression_once_per_feedback_and_address"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="suppression_lifted_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["address"], name="suppression_address")]

    def __str__(self) -> str:
        return f"suppression {self.pk}"
