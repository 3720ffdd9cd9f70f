"""Payment events: what became of an order, as other systems are told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.orm.append_only import AppendOnlyModel, AppendOnlyQuerySet
from payments.models.order import Order
from payments.models.payment import Payment


class PaymentEvent(AppendOnlyModel):
    """One thing that happened to an order's money. Append-only, in the transaction of what it tells."""

    class Kind(models.TextChoices):
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        REFUNDED = "refunded", _("refunded")
        DISPUTED = "disputed", _("disputed")
        REFUND_FAILED = "refund_failed", _("refund failed")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="events", verbose_name=_("payment")
    )
    code = models.CharField(
        _("code"), max_length=100, blank=True, default="", help_text=_("the provider's reason, such as expired_card")
    )
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    occurred_at = models.DateTimeField(_("occurred at"))

    objects = AppendOnlyQuerySet["PaymentEvent"].as_manager()

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="failed", payment__isnull=True)
                | (~models.Q(kind="failed") & models.Q(payment__isnull=False)),
                name="payment_event_names_its_payment",
            )
        ]
        indexes = [models.Index(fields=["occurred_at", "kind"], name="payment_event_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} of order {self.order_id}"
