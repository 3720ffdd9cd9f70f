"""Plans, subscriptions, their history, and the runs of the sweep."""

from datetime import timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.money import validate_currency
from foundation.price_field import PriceField
from subscriptions.querysets import AppendOnlyError, AppendOnlyQuerySet, SubscriptionQuerySet
from subscriptions.reminder_days import before_the_beginning, default_reminder_days, validate_reminder_days

MAXIMUM_DURATION_DAYS = 36_525  # a century: a longer period is a typing error
REASON_LENGTH = 500

TWO_DECIMALS = Q(price=Round("price", 2))
THREE_DECIMALS = Q(currency__in=money.WITH_THREE_DECIMALS, price=Round("price", 3))


class Plan(models.Model):
    """What is sold: a length of time at a price. A free plan has the price 0."""

    name = models.CharField(_("name"), max_length=100)
    price = PriceField(
        _("price"),
        validators=[MinValueValidator(0)],
        help_text=_("per period"),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        db_default="EUR",
        validators=[validate_currency],
    )
    duration_days = models.PositiveIntegerField(
        _("duration"),
        validators=[MinValueValidator(1), MaxValueValidator(MAXIMUM_DURATION_DAYS)],
        help_text=_("days of 24 hours"),
    )
    on_sale = models.BooleanField(_("on sale"), default=True, db_default=True)
    reminder_days = models.JSONField(
        _("reminders"),
        default=default_reminder_days,
        db_default=Value(default_reminder_days(), models.JSONField()),
        blank=True,
        validators=[validate_reminder_days],
        help_text=_("days before the end on which the subscriber is reminded of it"),
    )

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["price", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="plan_price_not_negative"),
            models.CheckConstraint(
                condition=Q(price=Round("price", 0))
                | ~Q(currency__in=money.WITHOUT_DECIMALS) & TWO_DECIMALS
                | THREE_DECIMALS,
                name="plan_price_in_minor_units",
            ),
            models.CheckConstraint(
                condition=Q(duration_days__gte=1, duration_days__lte=MAXIMUM_DURATION_DAYS),
                name="plan_duration_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError for a fraction of a minor unit and for a reminder that would never be sent."""
        if self.price is not None and self.currency in money.DECIMALS:
            self._validate_price()
        if never := before_the_beginning(self.reminder_days, self.duration_days):
            problem = _("A period has %(duration)s days; take out %(never)s.") % {
                "duration": self.duration_days,
                "never": ", ".join(map(str, never)),
            }
            raise ValidationError({"reminder_days": problem})

    def _validate_price(self) -> None:
        try:
            money.validate_amount(self.price, self.currency)
        except ValidationError as error:
            raise ValidationError({"price": error}) from error

    @property
    def price_text(self) -> str:
        """The price as the reader's language writes it, without the currency."""
        return money.formatted(self.price, self.currency)

    @property
    def duration(self) -> timedelta:
        """The length of one period."""
        return timedelta(days=self.duration_days)

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing."""
        return self.price == 0


class Subscription(models.Model):
    """A user's time on a plan. Only `SubscriptionService` changes it."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    # PROTECT: the history must outlive the wish to tidy up; deactivate the user or the plan instead.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        verbose_name=_("user"),
    )
    plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        db_index=False,  # the index on plan and id, below, serves
        related_name="subscriptions",
        verbose_name=_("plan"),
    )
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.ACTIVE)
    start_date = models.DateTimeField(_("start"))
    end_date = models.DateTimeField(_("end"), help_text=_("the first instant that is no longer paid for"))
    expired_at = models.DateTimeField(
        _("expired at"), null=True, blank=True, editable=False, help_text=_("set if and only if expired")
    )
    exempt = models.BooleanField(
        default=False,
        db_default=True,  # what the release before this one inserts
        editable=False,
        help_text="written by a release that allows several live ones per user and plan",
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        permissions = [
            ("renew_subscription", _("Can renew any subscription through the API")),
            ("cancel_subscription_now", _("Can end any subscription at once")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "plan"],
                condition=Q(status="active"),
                name="subscription_one_active_per_user_and_plan",
            ),
            models.UniqueConstraint(
                fields=["user", "plan"],
                condition=Q(expired_at__isnull=True, exempt=False),
                name="subscription_one_live_per_user_and_plan",
            ),
            models.CheckConstraint(condition=Q(end_date__gt=F("start_date")), name="subscription_end_after_start"),
            models.CheckConstraint(
                condition=Q(status__in=["active", "cancelled"], expired_at__isnull=True)
                | Q(status="expired", expired_at__isnull=False),
                name="subscription_status_known_and_expired_at_agrees",
            ),
        ]
        indexes = [
            # No parameter in the condition, or neither SQLite nor a generic plan of PostgreSQL would use it.
            models.Index(
                fields=["end_date", "id"],
                condition=Q(expired_at__isnull=True),
                name="subscription_not_expired",
            ),
            # The newest of a status or a plan, as the admin lists them.
            models.Index(fields=["status", "id"], name="subscription_by_status"),
            models.Index(fields=["plan", "id"], name="subscription_by_plan"),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class Transition(models.TextChoices):
    """The moves of the state machine."""

    CREATED = "created", _("created")
    RENEWED = "renewed", _("renewed")
    CANCELLED = "cancelled", _("cancelled")
    REACTIVATED = "reactivated", _("reactivated")
    EXPIRED = "expired", _("expired")


class SubscriptionEvent(models.Model):
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
    price = PriceField(_("price"))
    currency = models.CharField(_("currency"), max_length=3)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]
        constraints = [
            # No rule for currencies without decimals: older events keep the fractions that were sold.
            models.CheckConstraint(condition=TWO_DECIMALS | THREE_DECIMALS, name="event_price_in_minor_units"),
        ]
        indexes = [
            # The dashboard counts by day and plan from the index alone.
            models.Index(fields=["transition", "occurred_at", "plan"], name="event_by_transition"),
            models.Index(fields=["plan", "id"], name="event_by_plan"),
        ]

    def __str__(self) -> str:
        return f"{self.transition} of subscription {self.subscription_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises AppendOnlyError for a row that exists."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: raises AppendOnlyError."""
        raise AppendOnlyError

    @property
    def price_text(self) -> str:
        """The price as the reader's language writes it, without the currency."""
        return money.formatted(self.price, self.currency)


class SweepRun(models.Model):
    """One run of the sweep. A run without `finished_at` is at work, or died."""

    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    expired = models.PositiveIntegerField(_("expired"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    unannounced = models.PositiveIntegerField(
        _("not announced"),
        default=0,
        db_default=0,
        help_text=_("expired, but no time was left to call the receivers of the public signal"),
    )
    remaining = models.PositiveIntegerField(_("remaining"), default=0, help_text=_("due and left to the next run"))
    oldest_late = models.DurationField(
        _("oldest late"),
        default=timedelta,
        help_text=_("how long past its end the latest of the expired was"),
    )
    failures = models.JSONField(_("failures"), default=dict, help_text=_("what went wrong, by the subscription's id"))

    class Meta:
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["started_at"], name="sweep_by_start"),
            models.Index(fields=["finished_at"], name="sweep_by_finish"),
        ]

    def __str__(self) -> str:
        return f"sweep {self.pk}"

    def summary(self) -> dict[str, int | float]:
        """What the scheduled job returns; `oldest_late_s` is in seconds."""
        return {
            "expired": self.expired,
            "failed": self.failed,
            "unannounced": self.unannounced,
            "remaining": self.remaining,
            "oldest_late_s": self.oldest_late.total_seconds(),
            "run": self.pk,
        }


class AccessAuditRun(models.Model):
    """One run of the access audit. A run without `finished_at` is at work, or died."""

    started_at = models.DateTimeField(_("started at"), db_index=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, db_index=True)
    given = models.PositiveIntegerField(_("access given"), default=0, help_text=_("paid for, and missing"))
    taken = models.PositiveIntegerField(_("access taken"), default=0, help_text=_("without a subscription"))
    failed = models.PositiveIntegerField(_("failed"), default=0, help_text=_("users who could not be put right"))
    complete = models.BooleanField(_("complete"), default=False, help_text=_("the time sufficed for all users"))

    class Meta:
        verbose_name = _("access audit")
        verbose_name_plural = _("access audits")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"access audit {self.pk}"

    def summary(self) -> dict[str, int | bool]:
        """Return what the scheduled job returns."""
        return {
            "given": self.given,
            "taken": self.taken,
            "failed": self.failed,
            "complete": self.complete,
            "run": self.pk,
        }


class IdempotentRequest(models.Model):
    """What a user's request with an `Idempotency-Key` was answered, so that its repetition gets the same answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of method, path and body"))
    status = models.PositiveSmallIntegerField(null=True, help_text=_("empty inside the transaction that answers"))
    body = models.TextField(db_default="", help_text=_("JSON, as it was sent"))
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("request with a key")
        verbose_name_plural = _("requests with a key")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_request_one_per_user_and_key")]

    def __str__(self) -> str:
        return f"request {self.pk} with a key"


class RequestCount(models.Model):
    """How many changes somebody has asked for within a window of time. `bucket` is a keyed hash of who."""

    bucket = models.CharField(max_length=64, primary_key=True)
    window_start = models.DateTimeField(db_index=True)
    requests = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("count of requests")
        verbose_name_plural = _("counts of requests")

    def __str__(self) -> str:
        return f"{self.requests} requests since {self.window_start}"
