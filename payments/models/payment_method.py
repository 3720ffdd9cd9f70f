"""Payment methods: by which a provider charges later. Never a card number."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.models.present_provider import provider_name


def chargeable(method: str) -> Q:
    """Return the condition that the method at this path can be charged: it is kept, and the present provider's.

    Those of a former provider are kept, and count again where it is the present one again.
    """
    return Q(**{f"{method}__removed_at__isnull": True, f"{method}__provider": provider_name()})


class PaymentMethodQuerySet(models.QuerySet["PaymentMethod"]):
    """Payment methods that are kept, and removed ones."""

    def usable(self) -> "PaymentMethodQuerySet":
        """Return those that nobody removed."""
        return self.filter(removed_at__isnull=True)

    def entered(self) -> "PaymentMethodQuerySet":
        """Return those that somebody entered, not those of customers alone (payments/methods/customers.py)."""
        return self.exclude(token=F("customer"))

    def to_forget(self) -> "PaymentMethodQuerySet":
        """Return those whose customer the provider is to delete, and has not deleted yet."""
        return self.filter(forget_requested_at__isnull=False, forgotten_at__isnull=True)


class PaymentMethod(models.Model):
    """A provider's token for later charges, with what its owner recognises it by."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payment_methods", verbose_name=_("user")
    )
    provider = models.CharField(_("provider"), max_length=50)
    customer = models.CharField(_("customer"), max_length=200, help_text=_("as the provider names the user"))
    token = models.CharField(_("token"), max_length=200)
    brand = models.CharField(_("brand"), max_length=50, blank=True, default="")
    last4 = models.CharField(_("last four digits"), max_length=4, blank=True, default="")
    expires = models.DateField(_("expires"), null=True, help_text=_("the last day on which it can be charged"))
    saved_at = models.DateTimeField(_("saved at"), db_default=Now())
    removed_at = models.DateTimeField(_("removed at"), null=True)
    forget_requested_at = models.DateTimeField(
        _("to be forgotten since"), null=True, help_text=_("the provider is asked to delete the customer")
    )
    forgotten_at = models.DateTimeField(_("forgotten at"), null=True)

    objects = PaymentMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        constraints = [models.UniqueConstraint(fields=["provider", "token"], name="payment_method_once_per_token")]
        indexes = [
            models.Index(fields=["expires"], condition=Q(removed_at__isnull=True), name="payment_method_by_expiry"),
            models.Index(
                fields=["id"],
                condition=Q(forget_requested_at__isnull=False, forgotten_at__isnull=True),
                name="payment_method_to_forget",
            ),
            models.Index(fields=["provider", "customer"], name="payment_method_by_customer"),
        ]

    def __str__(self) -> str:
        return f"payment method {self.pk}"

    @property
    def is_chargeable(self) -> bool:
        """True if it can be charged now, as `chargeable` says in a query."""
        return self.removed_at is None and self.provider == provider_name()
