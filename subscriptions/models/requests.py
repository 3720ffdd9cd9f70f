"""Recorded answers of requests."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotentRequest(models.Model):
    """Answer to a user's request with an `Idempotency-Key`, so that its repetition gets the same answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of method, path and body"))
    status = models.PositiveSmallIntegerField(null=True, help_text=_("empty inside the transaction that answers"))
    body = models.TextField(db_default="", help_text=_("JSON, as it was sent"))
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("request with a key")
        verbose_name_plural = _("requests with a key")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_request_one_per_user_and_key")]

    def __str__(self) -> str:
        return f"request {self.pk} with a key"
