"""Renewals: what a subscriber agreed to be charged for the next period."""

from copy import copy
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from payments.models.payment_method import PaymentMethod, chargeable
from payments.models.price_change import PriceChange
from subscriptions.models import Plan, Subscription

AMOUNT = PriceField()


class RenewalQuerySet(models.QuerySet["Renewal"]):
    """Agreements to renew, of which some are charged."""

    def charged(self) -> "RenewalQuerySet":
        """Return those by which further periods are charged, as `Renewal.is_on` says of one."""
        return self.filter(chargeable("method"), auto_renew=True)


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
    next_amount = models.DecimalField(
        _("amount after the change of plan"),
        max_digits=AMOUNT.max_digits,
        decimal_places=AMOUNT.decimal_places,
        null=True,
        help_text=_("of the next renewal, while a change of plan is planned; 0: to a free plan"),
    )
    # No positive fields: to add their checks reads the locked table, and the values are an order's.
    duration_days = models.IntegerField(
        _("days"), null=True, help_text=_("of each further period, as agreed; empty: as the plan has them today")
    )
    duration_months = models.SmallIntegerField(_("months"), null=True)
    terms = models.CharField(_("terms"), max_length=50, blank=True, db_default="", default="")
    agreed_at = models.DateTimeField(_("agreed at"))
    new_amount = models.DecimalField(
        _("new amount"), max_digits=11, decimal_places=3, null=True, help_text=_("announced, for later periods")
    )
    new_amount_from = models.DateTimeField(
        _("new amount from"), null=True, help_text=_("periods that begin from then on cost the new amount")
    )
    price_change = models.ForeignKey(
        PriceChange,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,  # read by plan, through the subscription
        related_name="+",
        verbose_name=_("price change"),
        help_text=_("the last one that was applied"),
    )
    expiry_told_for = models.DateTimeField(
        _("expiry told for"), null=True, help_text=_("end of the period for which the method's expiry was told")
    )

    objects = RenewalQuerySet.as_manager()

    class Meta:
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="renewal_amount_positive"),
            models.CheckConstraint(condition=in_minor_units("amount"), name="renewal_amount_in_minor_units"),
            models.CheckConstraint(
                condition=Q(new_amount=None, new_amount_from=None)
                | Q(new_amount__gt=0, new_amount_from__isnull=False) & in_minor_units("new_amount"),
                name="renewal_new_amount_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(next_amount=None) | Q(next_amount__gte=0) & in_minor_units("next_amount"),
                name="renewal_next_amount_in_minor_units",
            ),
        ]
        indexes = [
            models.Index(fields=["subscription"], condition=Q(auto_renew=True), name="renewal_automatic"),
            models.Index(
                fields=["new_amount_from"], condition=Q(new_amount__isnull=False), name="renewal_new_amount_due"
            ),
        ]

    def __str__(self) -> str:
        return f"renewal of subscription {self.subscription_id}"

    @property
    def is_on(self) -> bool:
        """True if further periods are charged: it is turned on, and its method can be charged."""
        return self.auto_renew and self.method is not None and self.method.is_chargeable

    @property
    def charge(self) -> Decimal:
        """The amount of the next charge, for the period after the present one, of the planned plan if any."""
        return self.charge_from(self.subscription.end_date)

    def charge_from(self, begin: datetime) -> Decimal:
        """Return the amount of the charge for a period that begins then, of the planned plan if any."""
        if self.subscription.next_plan_id is not None and self.next_amount is not None:
            return self.next_amount
        if self.subscription.next_plan is not None:  # never what was agreed to for the other plan
            return self.subscription.next_plan.price
        if self.new_amount is None or self.new_amount_from is None:
            return self.amount
        return self.new_amount if self.new_amount_from <= begin else self.amount

    def plan_of(self, subscription: Subscription) -> Plan:
        """Return the plan of the next renewal with the length that was agreed to, which may not be today's.

        That of a planned plan is today's. Earlier releases stored no length.
        """
        if subscription.next_plan is not None or self.duration_days is None:
            return subscription.renewal_plan
        agreed = copy(subscription.plan)
        agreed.duration_days, agreed.duration_months = self.duration_days, self.duration_months or 0
        return agreed

    @property
    def length(self) -> tuple[int, int]:
        """The days and months of the next renewal's period."""
        plan = self.plan_of(self.subscription)
        return plan.duration_days, plan.duration_months

    @property
    def charge_text(self) -> str:
        """The amount of the next charge in the reader's language, without the currency."""
        return money.formatted(self.charge, self.currency)

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)
