"""Webhook messages: what a provider told, stored before anything is made of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MESSAGE_ID_LENGTH = 200
TYPE_LENGTH = 100


class WebhookMessage(models.Model):
    """A verified message of a provider. It is stored once, and its facts are applied afterwards."""

    class Outcome(models.TextChoices):
        PENDING = "pending", _("pending")
        APPLIED = "applied", _("applied")
        IGNORED = "ignored", _("ignored")

    provider = models.CharField(_("provider"), max_length=50)
    message_id = models.CharField(_("message"), max_length=MESSAGE_ID_LENGTH)
    type = models.CharField(_("type"), max_length=TYPE_LENGTH)
    made_at = models.DateTimeField(_("made at"), help_text=_("by the provider's clock"))
    received_at = models.DateTimeField(_("received at"))
    body = models.JSONField(_("body"), help_text=_("the members that facts are made of; no personal data"))
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, db_default=Outcome.PENDING, default=Outcome.PENDING
    )
    error = models.CharField(_("error"), max_length=500, blank=True, db_default="", default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0, default=0)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [models.UniqueConstraint(fields=["provider", "message_id"], name="webhook_message_once")]
        indexes = [
            models.Index(fields=["received_at", "id"], name="webhook_message_by_receipt"),
            models.Index(fields=["id"], condition=Q(outcome="pending"), name="webhook_message_pending"),
        ]

    def __str__(self) -> str:
        return f"webhook message {self.pk}"
