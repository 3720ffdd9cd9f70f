"""Price changes: a plan's new price, applied to its existing subscribers after notice."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.price_field import PriceField
from subscriptions.models import REASON_LENGTH, Plan


class PriceChange(models.Model):
    """Operator's decision that the plan's present price holds for existing subscribers from a day on.

    A job writes it to the agreements to renew, and tells each subscriber, in the same transactions.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="price_changes", verbose_name=_("plan"))
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    starts_at = models.DateTimeField(_("from"), help_text=_("periods that begin from then on cost the new price"))
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"))
    told = models.PositiveIntegerField(_("subscribers told"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, help_text=_("when the last subscriber was told"))

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        default_permissions = ("add", "view")
        indexes = [models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="price_change_unfinished")]

    def __str__(self) -> str:
        return f"price change {self.pk}"

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)
