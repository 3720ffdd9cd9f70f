"""Runs of the sweep and of the access audit."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class SweepRun(models.Model):
    """One run of the sweep. A run without `finished_at` is at work, or died."""

    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    expired = models.PositiveIntegerField(_("expired"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    unannounced = models.PositiveIntegerField(
        _("not announced"),
        default=0,
        db_default=0,
        help_text=_("expired, but no time was left to call the receivers of the public signal"),
    )
    remaining = models.PositiveIntegerField(_("remaining"), default=0, help_text=_("due and left to the next run"))
    oldest_late = models.DurationField(
        _("oldest late"),
        default=timedelta,
        help_text=_("how long past its end the latest of the expired was"),
    )
    quiet_until = models.DateTimeField(
        _("quiet until"), null=True, help_text=_("no sweep is needed before, and the database may sleep")
    )
    failures = models.JSONField(_("failures"), default=dict, help_text=_("what went wrong, by the subscription's id"))

    class Meta:
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["started_at"], name="sweep_by_start"),
            models.Index(fields=["finished_at"], name="sweep_by_finish"),
        ]

    def __str__(self) -> str:
        return f"sweep {self.pk}"

    def summary(self) -> dict[str, int | float]:
        """Return the summary that the scheduled job returns; `oldest_late_s` is in seconds."""
        return {
            "expired": self.expired,
            "failed": self.failed,
            "unannounced": self.unannounced,
            "remaining": self.remaining,
            "oldest_late_s": self.oldest_late.total_seconds(),
            "run": self.pk,
        }


class AccessAuditRun(models.Model):
    """One run of the access audit. A run without `finished_at` is at work, or died."""

    started_at = models.DateTimeField(_("started at"), db_index=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, db_index=True)
    given = models.PositiveIntegerField(_("access given"), default=0, help_text=_("paid for, and missing"))
    taken = models.PositiveIntegerField(_("access taken"), default=0, help_text=_("without a subscription"))
    failed = models.PositiveIntegerField(_("failed"), default=0, help_text=_("users who could not be put right"))
    complete = models.BooleanField(_("complete"), default=False, help_text=_("the time sufficed for all users"))
    held = models.PositiveIntegerField(
        _("left to the next audit"), default=0, db_default=0, help_text=_("users whom another transaction held")
    )

    class Meta:
        verbose_name = _("access audit")
        verbose_name_plural = _("access audits")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"access audit {self.pk}"

    def summary(self) -> dict[str, int | bool]:
        """Return what the scheduled job returns."""
        return {
            "given": self.given,
            "taken": self.taken,
            "failed": self.failed,
            "complete": self.complete,
            "held": self.held,
            "run": self.pk,
        }
