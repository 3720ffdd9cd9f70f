"""Refunds: what staff asked a provider to give back."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from payments.models.payment import TRANSACTION_ID_LENGTH, Payment

REASON_LENGTH = 500

TWICE = "twice"
"""Code of a request whose money went back once as an operator recorded, and once by the provider."""


class Refund(models.Model):
    """Request to give back part or all of a payment. The provider executes it once for its key."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        PENDING = "pending", _("money is on its way")
        UNKNOWN = "unknown", _("outcome unknown")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused by the provider")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH, blank=True, default="")
    ends_now = models.BooleanField(
        _("end the subscription"), default=False, help_text=_("when the money has gone back, access ends")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    requested_at = models.DateTimeField(_("requested at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    due_at = models.DateTimeField(_("due at"), null=True, help_text=_("the next call of the provider"))
    lease_until = models.DateTimeField(
        _("call under way until"), null=True, editable=False, help_text=_("money may be on its way until then")
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    transaction_id = models.CharField(_("transaction"), max_length=TRANSACTION_ID_LENGTH, blank=True, default="")
    code = models.CharField(_("code"), max_length=100, blank=True, default="", help_text=_("the provider's reason"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    closing_reason = models.CharField(
        _("how it went back"),
        max_length=REASON_LENGTH,
        blank=True,
        db_default="",
        default="",
        help_text=_("empty: the provider reported it"),
    )

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=in_minor_units("amount"), name="refund_amount_in_minor_units"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "refused"], finished_at__isnull=False, due_at__isnull=True)
                | Q(state__in=["requested", "pending", "unknown"], finished_at__isnull=True, due_at__isnull=False),
                name="refund_unfinished_is_due",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(finished_at__isnull=True), name="refund_due"),
        ]

    def __str__(self) -> str:
        return f"refund {self.pk}"

    @property
    def is_refused(self) -> bool:
        """True if the provider does not give the money back, or it did not arrive."""
        return self.state == self.State.REFUSED

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)
