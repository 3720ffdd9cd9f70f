"""Reports: what subscribers of the example pay for."""

from datetime import datetime

from django.conf import settings
from django.db import models


class ReportQuerySet(models.QuerySet["Report"]):
    """Reports by whether their mail was attempted."""

    def unmailed(self) -> "ReportQuerySet":
        """Return the reports whose mail has not been attempted, oldest first."""
        return self.filter(mailed_at__isnull=True).order_by("pk")

    def older_than(self, instant: datetime) -> "ReportQuerySet":
        """Return the reports written before the instant, oldest first."""
        return self.filter(created_at__lt=instant).order_by("created_at")


class Report(models.Model):
    """A report for one subscriber."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    title = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_index=True)
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="set before the mail is sent, so never twice")

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "title"], name="product_report_once")]
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title
