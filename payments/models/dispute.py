"""Disputes: payments that whoever made them reclaims through the bank."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.orm.price_field import PriceField
from payments.models.payment import TRANSACTION_ID_LENGTH, Payment


class Dispute(models.Model):
    """Dispute of a payment. It is answered in the provider's dashboard; lost, it is a negative payment."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    provider = models.CharField(_("provider"), max_length=50)
    transaction_id = models.CharField(_("transaction"), max_length=TRANSACTION_ID_LENGTH)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("payment"))
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    code = models.CharField(_("code"), max_length=100, blank=True, default="", help_text=_("the provider's reason"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"))

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [models.UniqueConstraint(fields=["provider", "transaction_id"], name="dispute_once")]
        indexes = [models.Index(fields=["id"], condition=Q(state="open"), name="dispute_open")]

    def __str__(self) -> str:
        return f"dispute {self.pk}"
