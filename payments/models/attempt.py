"""Attempts: each try to collect an order."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.orm.append_only import AppendOnlyModel, AppendOnlyQuerySet
from payments.models.order import REFERENCE_LENGTH, Order


class Attempt(AppendOnlyModel):
    """One try to collect an order, written with its outcome. Append-only."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tries", verbose_name=_("order"))
    number = models.PositiveSmallIntegerField(_("number"))
    way = models.CharField(_("way"), max_length=10, choices=Order.Way)
    reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH, blank=True, default="")
    begun_at = models.DateTimeField(_("begun at"))
    ended_at = models.DateTimeField(_("ended at"))
    outcome = models.CharField(_("outcome"), max_length=30, help_text=_("a member of OutcomeKind"))
    code = models.CharField(
        _("code"), max_length=100, blank=True, default="", help_text=_("the provider's reason, such as expired_card")
    )

    objects = AppendOnlyQuerySet["Attempt"].as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["order", "number"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="attempt_one_per_number")]

    def __str__(self) -> str:
        return f"attempt {self.number} of order {self.order_id}"
