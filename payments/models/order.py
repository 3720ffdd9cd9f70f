"""Orders: what somebody is to pay for one period."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from subscriptions.models import Plan, Subscription


class Order(models.Model):
    """Order of one period of a plan. Its terms are those of the moment at which it was opened."""

    class Kind(models.TextChoices):
        FIRST = "first", _("first period")
        RENEWAL = "renewal", _("renewal")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        VOID = "void", _("void")

    # PROTECT: what was paid outlives the wish to tidy up; deactivate or erase the user instead.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders", verbose_name=_("user")
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", verbose_name=_("plan"))
    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.PROTECT,
        null=True,
        related_name="orders",
        verbose_name=_("subscription"),
        help_text=_("the one that is renewed, or that the payment began"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=20, choices=State, db_default=State.OPEN, default=State.OPEN)
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    duration_days = models.PositiveIntegerField(_("days"))
    duration_months = models.PositiveSmallIntegerField(_("months"), db_default=0, default=0)
    period_start = models.DateTimeField(
        _("start of the period"), null=True, help_text=_("of a renewal, the end that it continues")
    )
    opened_at = models.DateTimeField(_("opened at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [("void_order", _("Can void orders"))]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "plan"],
                condition=Q(kind="first", finished_at__isnull=True),
                name="order_one_open_first_per_user_and_plan",
            ),
            models.UniqueConstraint(
                fields=["subscription", "period_start"],
                condition=Q(kind="renewal") & ~Q(state="void"),
                name="order_one_renewal_per_period",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount_positive"),
            models.CheckConstraint(condition=in_minor_units("amount"), name="order_amount_in_minor_units"),
            models.CheckConstraint(
                condition=Q(state="open", finished_at__isnull=True)
                | Q(state__in=["paid", "void"], finished_at__isnull=False),
                name="order_state_known_and_finished_at_agrees",
            ),
            models.CheckConstraint(
                condition=Q(kind="first", period_start__isnull=True)
                | Q(kind="renewal", subscription__isnull=False, period_start__isnull=False),
                name="order_renewal_names_its_period",
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)

    @property
    def reference(self) -> str:
        """The text by which a transfer is matched to the order."""
        return f"ORDER-{self.pk}"

    @property
    def is_open(self) -> bool:
        """True if it can be paid."""
        return self.state == self.State.OPEN
