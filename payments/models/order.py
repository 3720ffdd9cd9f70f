"""Orders: what somebody is to pay for one period."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from subscriptions.models import Plan, Subscription, SubscriptionEvent

REFERENCE_LENGTH = 200


class OrderState(models.TextChoices):
    """States of an order. Claimed ones are being charged; what was prepared and submitted is in columns of its own."""

    OPEN = "open", _("open")
    CLAIMED = "claimed", _("being charged")
    NEEDS_SUBSCRIBER = "needs_subscriber", _("waits for the subscriber")
    PENDING = "pending", _("money is on its way")
    UNKNOWN = "unknown", _("outcome unknown")
    PAID = "paid", _("paid")
    VOID = "void", _("void")
    GIVEN_UP = "given_up", _("given up")


UNFINISHED = [
    OrderState.OPEN,
    OrderState.CLAIMED,
    OrderState.NEEDS_SUBSCRIBER,
    OrderState.PENDING,
    OrderState.UNKNOWN,
]
FINISHED = [OrderState.PAID, OrderState.VOID, OrderState.GIVEN_UP]


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders by what can still happen to them."""

    def unfinished(self) -> "OrderQuerySet":
        """Return the orders that wait for money."""
        return self.filter(finished_at__isnull=True)

    def due(self, now: datetime) -> "OrderQuerySet":
        """Return the orders that are to be charged, or asked about, at `now`."""
        return self.unfinished().filter(due_at__lte=now)


class Order(models.Model):
    """Order of one period of a plan. Its terms are those of the moment at which it was opened."""

    State = OrderState

    class Kind(models.TextChoices):
        FIRST = "first", _("first period")
        RENEWAL = "renewal", _("renewal")
        CHANGE = "change", _("change of plan")

    class Way(models.TextChoices):
        """Way by which the money comes. One at a time: see `payments.orders.fence`."""

        NONE = "", _("none yet")
        PAGE = "page", _("the provider's page")
        CHARGE = "charge", _("a charge to the saved method")
        MANUAL = "manual", _("recorded by staff")

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
    state = models.CharField(
        _("state"), max_length=20, choices=OrderState, db_default=OrderState.OPEN, default=OrderState.OPEN
    )
    amount = PriceField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    credit = models.DecimalField(
        _("credit"),
        max_digits=11,
        decimal_places=3,
        db_default=Decimal(0),
        default=Decimal(0),
        help_text=_("value of the replaced period, by which a change of plan costs less"),
    )
    duration_days = models.PositiveIntegerField(_("days"))
    duration_months = models.PositiveSmallIntegerField(_("months"), db_default=0, default=0)
    period_start = models.DateTimeField(
        _("start of the period"),
        null=True,
        help_text=_("of a renewal, the end that it continues; of a change of plan, the end that it replaces"),
    )
    opened_at = models.DateTimeField(_("opened at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("voided by"),
        help_text=_("empty: the subscriber, or the system"),
    )

    terms = models.CharField(
        _("terms"), max_length=50, blank=True, db_default="", default="", help_text=_("the version that was accepted")
    )
    consented_at = models.DateTimeField(
        _("consent"), null=True, help_text=_("to the terms, and to begin at once, before money moved")
    )
    begins_at_once = models.BooleanField(
        _("begins at once"),
        null=True,
        help_text=_("the subscriber agreed to it, before the time for withdrawal is over; empty: an earlier release"),
    )
    renews = models.BooleanField(
        _("renews"), db_default=False, default=False, help_text=_("the subscriber agreed to later charges")
    )

    way = models.CharField(_("way"), max_length=10, choices=Way, blank=True, db_default="", default="")
    provider = models.CharField(_("provider"), max_length=50, blank=True, db_default="", default="")
    reference = models.CharField(
        _("reference"),
        max_length=REFERENCE_LENGTH,
        blank=True,
        db_default="",
        default="",
        help_text=_("what the provider prepared for the way that is taken"),
    )
    due_at = models.DateTimeField(_("due at"), null=True, help_text=_("the next charge, or question to the provider"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0, default=0)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    unknown_since = models.DateTimeField(_("outcome unknown since"), null=True, editable=False)
    close_requested_at = models.DateTimeField(
        _("to be closed since"), null=True, editable=False, help_text=_("the charger closes it at the provider")
    )

    objects = OrderQuerySet.as_manager()

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
                condition=Q(kind="renewal") & ~Q(state__in=["void", "given_up"]),
                name="order_one_renewal_per_period",
            ),
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(kind="change", finished_at__isnull=True),
                name="order_one_open_change_per_subscription",
            ),
            models.UniqueConstraint(
                fields=["provider", "reference"], condition=~Q(reference=""), name="order_one_per_reference"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount_positive"),
            models.CheckConstraint(condition=in_minor_units("amount"), name="order_amount_in_minor_units"),
            models.CheckConstraint(
                condition=Q(credit=0) | Q(kind="change", credit__gt=0), name="order_credit_of_a_change"
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, finished_at__isnull=True)
                | Q(state__in=FINISHED, finished_at__isnull=False),
                name="order_state_and_finish_agree",
            ),
            models.CheckConstraint(
                condition=Q(kind="first", period_start__isnull=True)
                | Q(kind="renewal", subscription__isnull=False, period_start__isnull=False)
                | Q(kind="change", subscription__isnull=False),
                name="order_kind_names_its_period",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="order_claimed_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(finished_at__isnull=True), name="order_due"),
            models.Index(
                fields=["close_requested_at", "id"],
                condition=Q(finished_at__isnull=False, close_requested_at__isnull=False),
                name="order_to_close",
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def amount_text(self) -> str:
        """The amount in the reader's language, without the currency."""
        return money.formatted(self.amount, self.currency)

    @property
    def length(self) -> tuple[int, int]:
        """The days and months of the period."""
        return self.duration_days, self.duration_months

    @property
    def price(self) -> Decimal:
        """The value of the period: the amount, and what is credited for the one that it replaces."""
        return self.amount + self.credit

    @property
    def price_text(self) -> str:
        """The value of the period in the reader's language, without the currency."""
        return money.formatted(self.price, self.currency)

    @property
    def credit_text(self) -> str:
        """The credit in the reader's language, without the currency."""
        return money.formatted(self.credit, self.currency)

    @property
    def transfer_reference(self) -> str:
        """The text by which a transfer is matched to the order."""
        return f"ORDER-{self.pk}"

    @property
    def begins_contract(self) -> bool:
        """True if what it begins can be withdrawn from: a first period, a change of plan, or a renewal that is one.

        That is a renewal after the end, or the first that costs something, as after a trial, unless it was agreed to
        before. A paid order stays what it was when its subscriber consented, whatever has become of the agreement. Only
        for renewals it takes queries, three at most.
        """
        if self.kind != self.Kind.RENEWAL or self._follows_the_end():
            return True
        if self.state == self.State.PAID:
            return bool(self.begins_at_once)  # asked for with what begins a contract, and nothing else
        return self._costs_first() and not self._was_agreed_to()

    @property
    def is_charged_renewal(self) -> bool:
        """True for a renewal by a charge to the saved method, which was agreed to before."""
        return self.kind == self.Kind.RENEWAL and self.way == self.Way.CHARGE

    def _follows_the_end(self) -> bool:
        given = SubscriptionEvent.objects.filter(payment__order=self).first()
        if given is None:
            return self.subscription is not None and not self.subscription.is_live(self.opened_at)
        old_end, begin = given.old_end_date, given.occurred_at
        sold = Plan(duration_days=self.duration_days, duration_months=self.duration_months)
        is_late = sold.end_after(begin, begin.day) != given.new_end_date  # it has continued the period before
        return old_end is not None and old_end < begin and not is_late

    def _costs_first(self) -> bool:
        """Return True if events tell of the periods before, and none cost anything."""
        begun = SubscriptionEvent.objects.filter(subscription=self.subscription_id).periods()
        return set(begun.order_by().values_list("price", flat=True).distinct()) == {0}

    def _was_agreed_to(self) -> bool:
        agreed = {"renewal__auto_renew": True, "renewal__agreed_at__lte": self.opened_at}
        return Subscription.objects.filter(orders=self.pk, **agreed).exists()

    @property
    def agreed_to_begin_at(self) -> datetime | None:
        """The instant of the consent to begin before the time for withdrawal is over; None if that was not asked."""
        asked = self.begins_at_once
        if asked is None:  # an earlier release asked for it with all but renewals
            asked = settings.WITHDRAWAL_DAYS > 0 and self.kind != self.Kind.RENEWAL
        return self.consented_at if asked and self.way == self.Way.PAGE else None

    @property
    def may_be_paid(self) -> bool:
        """True if its subscriber can pay or withdraw it: no money is on its way, and nobody closes it."""
        return self.is_open and self.state != OrderState.PENDING and self.close_requested_at is None

    @property
    def is_open(self) -> bool:
        """True if money for it is still waited for."""
        return self.state in UNFINISHED
