"""Plans: what is sold, and the checks on a price."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from foundation import money
from foundation.money import validate_currency
from foundation.orm.minor_units import in_minor_units
from foundation.orm.price_field import PriceField
from subscriptions.calendar_months import MONTHS_PER_YEAR, add_months
from subscriptions.models.reminder_days import before_the_beginning, default_reminder_days, validate_reminder_days

MAXIMUM_DURATION_DAYS = 36_525  # a century: a longer period is a typing error
MAXIMUM_DURATION_MONTHS = 1_200
MAXIMUM_GRACE_DAYS = 90
MAXIMUM_TRIAL_DAYS = 365
DAYS_PER_YEAR = 365


class Plan(models.Model):
    """A length of time at a price. A free plan has the price 0."""

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
        help_text=_("days of 24 hours; of a plan by months a typical length, for programs that know no months"),
    )
    duration_months = models.PositiveSmallIntegerField(
        _("months"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(MAXIMUM_DURATION_MONTHS)],
        help_text=_("calendar months, 12 for a year; 0: the duration in days holds"),
    )
    trial_days = models.PositiveSmallIntegerField(
        _("trial"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(MAXIMUM_TRIAL_DAYS)],
        help_text=_("days free of charge, once per person; 0: none"),
    )
    grace_days = models.PositiveSmallIntegerField(
        _("grace"),
        default=7,
        db_default=7,
        validators=[MaxValueValidator(MAXIMUM_GRACE_DAYS)],
        help_text=_("days after the end on which access goes on while a renewal by charge is late"),
    )
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("a sentence for the page of plans"),
    )
    includes = models.TextField(
        _("includes"), max_length=2_000, blank=True, default="", db_default="", help_text=_("one line for each thing")
    )
    compared_with = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("compared with"),
        help_text=_("a plan of the same access, such as the monthly one, against which the saving is shown"),
    )
    groups = models.ManyToManyField(
        Group,
        related_name="+",
        blank=True,
        verbose_name=_("groups"),
        help_text=_("subscribers are in these groups while their subscription is live, and have their permissions"),
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
                condition=in_minor_units("price"),
                name="plan_price_in_minor_units",
            ),
            models.CheckConstraint(
                condition=Q(duration_days__gte=1, duration_days__lte=MAXIMUM_DURATION_DAYS),
                name="plan_duration_in_range",
            ),
            models.CheckConstraint(
                condition=Q(duration_months__gte=0, duration_months__lte=MAXIMUM_DURATION_MONTHS),
                name="plan_months_in_range",
            ),
            models.CheckConstraint(
                condition=Q(trial_days__lte=MAXIMUM_TRIAL_DAYS, grace_days__lte=MAXIMUM_GRACE_DAYS),
                name="plan_trial_and_grace_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the plan, one by months with its typical length in days."""
        self._estimate_days()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raise ValidationError for a price, a length, a trial, a comparison or a reminder that cannot be."""
        if self.price is not None and self.currency in money.DECIMALS:
            self._validate_price()
        self._estimate_days()
        if self.duration_days is None:
            raise ValidationError({"duration_days": _("Enter the days or the months.")})
        if self.trial_days and self.is_free:
            raise ValidationError({"trial_days": _("A free plan needs no trial. Enter 0.")})
        if self.pk and self.compared_with_id == self.pk:
            itself = _("A plan is not compared with itself. Choose another one, or none.")
            raise ValidationError({"compared_with": itself})
        if never := before_the_beginning(self.reminder_days, self.shortest_days):
            problem = _("A period has %(duration)s days; remove %(never)s.") % {
                "duration": self.shortest_days,
                "never": ", ".join(map(str, never)),
            }
            raise ValidationError({"reminder_days": problem})

    def _estimate_days(self) -> None:
        if self.duration_months:
            self.duration_days = self.duration_months * DAYS_PER_YEAR // MONTHS_PER_YEAR

    def _validate_price(self) -> None:
        try:
            money.validate_amount(self.price, self.currency)
        except ValidationError as error:
            raise ValidationError({"price": error}) from error

    @property
    def price_text(self) -> str:
        """The price in the reader's language, without the currency."""
        return money.formatted(self.price, self.currency)

    def end_after(self, begin: datetime, anchor_day: int) -> datetime:
        """Return the end of one period. Raises OverflowError or ValueError where it cannot be stored.

        Of a plan by months it falls on the anchor day, or on the last day of a shorter month.
        """
        if self.duration_months:
            return add_months(begin, self.duration_months, anchor_day)
        return begin + timedelta(days=self.duration_days)

    def begin_before(self, end: datetime, anchor_day: int) -> datetime:
        """Return the begin of the one period that ends at `end`."""
        if self.duration_months:
            return add_months(end, -self.duration_months, anchor_day)
        return end - timedelta(days=self.duration_days)

    @property
    def shortest_days(self) -> int:
        """The length in days of the shortest period: that of a single month is February's."""
        return 30 * self.duration_months - 2 if self.duration_months else self.duration_days

    @property
    def included(self) -> list[str]:
        """The lines of what the plan includes."""
        return [line.strip() for line in self.includes.splitlines() if line.strip()]

    @property
    def is_free(self) -> bool:
        """True if the price is 0."""
        return self.price == 0
