"""Payments: money that moved."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.append_only import AppendOnlyModel, AppendOnlyQuerySet
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from payments.models.order import Order
from subscriptions.models import REASON_LENGTH, Subscription, SubscriptionEvent

TRANSACTION_ID_LENGTH = 200

BY_STAFF = "manual"
"""Provider of the transfers that staff saw arrive."""

DAY = timedelta(days=1)
SATURDAY = 5

WITHDRAWAL = "withdrawal from the contract"
"""Reason of the refunds of a contract that its subscriber withdrew from, and of the end of its subscription."""


class PaymentQuerySet(AppendOnlyQuerySet["Payment"]):
    """Payments by what is left of them."""

    def kept_surplus(self) -> "PaymentQuerySet":
        """Return the surplus that waits for a decision: nothing of it has gone back, and nobody has settled it."""
        went_back = Coalesce(models.Sum("returned__amount"), Decimal(0), output_field=models.DecimalField())
        return self.filter(surplus=True, settlement__isnull=True).annotate(went_back=went_back).filter(went_back=0)


class Payment(AppendOnlyModel):
    """Money that moved, recorded once per provider and transaction. Append-only.

    A payment became one period, of `subscription` by `event`, or is a surplus: nobody waited for it, or not for this
    amount. A refund or a lost dispute is a negative amount `of` a payment; a reversal cancels a refund
    out that was reported, and then did not reach anybody.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("lost dispute")
        REVERSAL = "reversal", _("failed refund")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, db_default=Kind.PAYMENT, default=Kind.PAYMENT)
    of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="returned",
        verbose_name=_("of"),
        help_text=_("the payment that is given back"),
    )
    provider = models.CharField(_("provider"), max_length=50)
    transaction_id = models.CharField(
        _("transaction"), max_length=TRANSACTION_ID_LENGTH, help_text=_("as the provider, or the bank, names it")
    )
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="payments", verbose_name=_("order")
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, null=True, related_name="payments", verbose_name=_("subscription")
    )
    event = models.OneToOneField(
        SubscriptionEvent,
        on_delete=models.PROTECT,
        null=True,
        related_name="payment",
        verbose_name=_("event"),
        help_text=_("the transition that gave the period"),
    )
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    paid_at = models.DateTimeField(_("paid at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("recorded by"),
        help_text=_("empty: the provider reported it"),
    )
    surplus = models.BooleanField(
        _("surplus"),
        db_default=False,
        default=False,
        help_text=_("no order waits for it; refund it, or give days and settle it"),
    )
    receipt_url = models.URLField(_("receipt"), max_length=500, blank=True, db_default="", default="")
    invoice_url = models.URLField(_("invoice"), max_length=500, blank=True, db_default="", default="")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions = [
            ("record_payment", _("Can record payments")),
            ("settle_surplus", _("Can settle surplus")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "transaction_id"], name="payment_once_per_transaction"),
            models.CheckConstraint(condition=in_minor_units("amount"), name="payment_amount_in_minor_units"),
            models.CheckConstraint(
                condition=~models.Q(kind="payment")
                | models.Q(surplus=True, event__isnull=True)
                | models.Q(surplus=False, event__isnull=False, subscription__isnull=False, order__isnull=False),
                name="payment_is_period_or_surplus",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="payment", of__isnull=True, amount__gt=0)
                | models.Q(
                    kind__in=["refund", "dispute"], of__isnull=False, amount__lt=0, surplus=False, event__isnull=True
                )
                | models.Q(kind="reversal", of__isnull=False, amount__gt=0, surplus=False, event__isnull=True),
                name="payment_kind_and_sign_agree",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(surplus=True), name="payment_surplus"),
            models.Index(fields=["recorded_at"], name="payment_by_recording"),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk}"

    @property
    def returned_text(self) -> str:
        """The amount that went back, in the reader's language, without the currency."""
        return money.formatted(-self.amount, self.currency)

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)

    @property
    def settled(self) -> "SurplusSettlement | None":
        """The settlement of a surplus; None while there is none."""
        return getattr(self, "settlement", None)  # Django raises an AttributeError of its own for a row that is not

    def withdrawal_until(self, now: datetime) -> datetime | None:
        """Return the instant until which the contract of this payment can be withdrawn from; None if it cannot be.

        That is one that began a contract (`Order.begins_contract`), paid through a provider and not by a charge that
        was agreed to before, which goes on and was not renewed or changed since.
        """
        if not settings.WITHDRAWAL_DAYS:
            return None
        until = withdrawal_end(self.paid_at, settings.WITHDRAWAL_DAYS)
        return until if now < until and self._is_latest_and_goes_on(now) else None

    def _is_latest_and_goes_on(self, now: datetime) -> bool:
        event, order = self.event, self.order
        if event is None or order is None or self.provider == BY_STAFF or order.is_charged_renewal:
            return False
        subscription = event.subscription  # loaded with the event by mails
        is_latest = subscription.end_date == event.new_end_date
        goes_on = is_latest and subscription.is_live(now) and subscription.start_date < now
        return goes_on and order.begins_contract and not self._is_followed(event)

    def _is_followed(self, event: SubscriptionEvent) -> bool:
        """Return True if another period began since, even if it ends at the same instant, and was not taken back."""
        later = SubscriptionEvent.objects.filter(subscription=event.subscription_id, pk__gt=event.pk)
        return later.periods().exists()


class SurplusSettlement(AppendOnlyModel):
    """Operator's record that a surplus is dealt with otherwise than by a refund, such as by days. Append-only."""

    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, related_name="settlement", verbose_name=_("payment")
    )
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("settled by"),
        help_text=_("empty: by the command"),
    )
    settled_at = models.DateTimeField(_("settled at"))

    objects = AppendOnlyQuerySet["SurplusSettlement"].as_manager()

    class Meta:
        verbose_name = _("settlement of a surplus")
        verbose_name_plural = _("settlements of surplus")
        default_permissions = ()

    def __str__(self) -> str:
        return f"settlement {self.pk}"


def withdrawal_end(begun_at: datetime, days: int) -> datetime:
    """Return the first instant at which the days are over, wherever the subscriber is.

    The day of the event does not count, and the last day ends with its last hour, or with that of the next working day
    if it is a Saturday or Sunday: https://eur-lex.europa.eu/eli/reg/1971/1182/oj, article 3. Nobody knows the
    subscriber's time zone, in which it may be a day more. Public holidays differ by country and are not known here.
    """
    last = _working_day(begun_at.astimezone(UTC).date() + days * DAY)
    in_every_zone = _working_day(last + DAY)
    return datetime.combine(in_every_zone + DAY, time.min, UTC)


def _working_day(day: date) -> date:
    """Return the day, or the Monday after it if it is a Saturday or Sunday."""
    while day.weekday() >= SATURDAY:
        day += DAY
    return day
