"""Counters of requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestCount(models.Model):
    """Number of changing requests within a window of time. `bucket` is a keyed hash of the client."""

    bucket = models.CharField(max_length=64, primary_key=True)
    window_start = models.DateTimeField(db_index=True)
    requests = models.PositiveIntegerField()

    class Meta:
        db_table = "subscriptions_requestcount"  # the release before reads it, and after a rollback too
        verbose_name = _("count of requests")
        verbose_name_plural = _("counts of requests")

    def __str__(self) -> str:
        return f"{self.requests} requests since {self.window_start}"
