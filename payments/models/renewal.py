"""Renewals: what a subscriber agreed to be charged for the next period."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from payments.models.payment_method import PaymentMethod
from subscriptions.models import Subscription


class Renewal(models.Model):
    """Agreement to renew a subscription by charges. The plan's price of today does not change it."""

    subscription = models.OneToOneField(
        Subscription, on_delete=models.PROTECT, related_name="renewal", verbose_name=_("subscription")
    )
    auto_renew = models.BooleanField(_("renews automatically"), db_default=False, default=False)
    method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, null=True, related_name="renewals", verbose_name=_("payment method")
    )
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    terms = models.CharField(_("terms"), max_length=50, blank=True, db_default="", default="")
    agreed_at = models.DateTimeField(_("agreed at"))

    class Meta:
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="renewal_amount_positive"),
            models.CheckConstraint(condition=in_minor_units("amount"), name="renewal_amount_in_minor_units"),
        ]
        indexes = [models.Index(fields=["subscription"], condition=Q(auto_renew=True), name="renewal_automatic")]

    def __str__(self) -> str:
        return f"renewal of subscription {self.subscription_id}"

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)
