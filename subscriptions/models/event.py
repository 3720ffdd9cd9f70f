"""Subscription events: the history of transitions."""

from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.orm.append_only import AppendOnlyModel, AppendOnlyQuerySet
from foundation.orm.key import Key
from foundation.orm.minor_units import three_decimals, two_decimals
from foundation.orm.price_field import PriceField
from subscriptions.models.plan import Plan
from subscriptions.models.subscription import Subscription

REASON_LENGTH = 500


class Transition(models.TextChoices):
    """The moves of the state machine."""

    CREATED = "created", _("created")
    RENEWED = "renewed", _("renewed")
    CANCELLED = "cancelled", _("cancelled")
    REACTIVATED = "reactivated", _("reactivated")
    EXPIRED = "expired", _("expired")
    CHANGED = "changed", _("plan changed")


# Not by the names of those that begin one: with them SQLite walks the index of all transitions.
BEGINS_A_PERIOD = ~Q(transition__in=(Transition.CANCELLED, Transition.REACTIVATED, Transition.EXPIRED)) & ~Q(
    old_end_date=F("new_end_date")  # a change of plan that leaves the end as it is
)
"""Condition of events that begin a period."""


class SubscriptionEventQuerySet(AppendOnlyQuerySet["SubscriptionEvent"]):
    """Events by what they began."""

    def swept(self) -> "SubscriptionEventQuerySet":
        """Return the ends that the sweep wrote: it names no actor and no reason."""
        return self.filter(transition=Transition.EXPIRED, actor=None, reason="")

    def periods(self) -> "SubscriptionEventQuerySet":
        """Return the events that began a period, without those whose period was taken back before it began."""
        taken_back = SubscriptionEvent.objects.filter(
            subscription=OuterRef("subscription"),
            pk__gt=OuterRef("pk"),
            transition=Transition.CANCELLED,
            new_end_date__lt=F("old_end_date"),
            new_end_date__lte=OuterRef("old_end_date"),
        )
        return self.filter(BEGINS_A_PERIOD).exclude(Exists(taken_back))


class SubscriptionEvent(AppendOnlyModel):
    """One transition of one subscription: who, when, what, why, and what it changed. Append-only."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="events")
    transition = models.CharField(_("transition"), max_length=11, choices=Transition)
    occurred_at = models.DateTimeField(_("occurred at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("actor"),
        help_text=_("empty: the system"),
    )
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH, blank=True, db_default="")
    old_end_date = models.DateTimeField(_("end before"), null=True)
    new_end_date = models.DateTimeField(_("end after"))
    plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        db_index=False,  # the index on plan and id, below, serves
        related_name="+",
        verbose_name=_("plan"),
    )
    old_plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,  # plans with a history are hardly ever deleted
        related_name="+",
        verbose_name=_("plan before"),
        help_text=_("of a change of plan"),
    )
    price = PriceField(_("price"))
    currency = models.CharField(_("currency"), max_length=3)
    duration_months = models.PositiveSmallIntegerField(
        _("months"), default=0, db_default=0, help_text=_("of the period that was sold; 0: it was sold by days")
    )

    objects = SubscriptionEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]
        constraints = [
            # No rule for currencies without decimals: older events keep the fractions that were sold.
            models.CheckConstraint(
                condition=two_decimals("price") | three_decimals("price"), name="event_price_in_minor_units"
            ),
        ]
        indexes = [
            # The dashboard counts by day and plan from the index alone.
            models.Index(fields=["transition", "occurred_at", "plan"], name="event_by_transition"),
            models.Index(fields=["plan", "id"], name="event_by_plan"),
        ]

    def __str__(self) -> str:
        return f"{self.transition} of subscription {self.subscription_id}"

    def asked_by(self, owner: Key) -> Literal["system", "subscriber", "operator"]:
        """Return who asked for it, from the view of the subscription's owner: operators stay unnamed."""
        if self.actor_id is None:
            return "system"
        return "subscriber" if self.actor_id == owner else "operator"

    @property
    def access_end(self) -> datetime:
        """The instant at which access ended, of an expiry: asked for, or with the later of end and grace period."""
        if self.actor_id is not None or self.reason:  # the sweep has neither
            return self.occurred_at
        grace = self.subscription.grace_until
        # One that ends later is that of a period since.
        return grace if grace and self.new_end_date < grace <= self.occurred_at else self.new_end_date

    @property
    def price_text(self) -> str:
        """The price in the reader's language, without the currency."""
        return money.formatted(self.price, self.currency)
