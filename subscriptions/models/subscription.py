"""Subscriptions: a user's time on a plan."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Expression, F, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from foundation.orm.isolation import IsStrict, refuse_strict
from foundation.orm.lock_wait import LockWait
from foundation.orm.row_instances import instances_of
from subscriptions.models.plan import Plan

RENEWAL_AHEAD = timedelta(days=1)
"""Time before the end at which the next period is charged, and from which a renewal may change the plan."""

LOCK_WAIT = timedelta(seconds=1)
"""Longest wait for a lock of a transaction that has claimed rows. It holds their users' locks meanwhile."""

DEFERRED = "metadata"
"""Field that `claim` does not read: the sweep does not ask for it, and JSON is the dearest column of a row."""

EXTERNAL_ID_LENGTH = 200


def access_end() -> Expression:
    """Return the first instant without access: the end, or that of the grace period after it.

    A grace period that ends before the paid time is what a release without this column left behind, and says nothing.
    """
    return Greatest("end_date", Coalesce("grace_until", "end_date"))


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Time is an argument; "not expired" is `expired_at IS NULL`, the condition of the partial index."""

    def live(self, now: datetime) -> "SubscriptionQuerySet":
        """Return the subscriptions that give access at `now`, late ones too."""
        return self.filter(GreaterThan(access_end(), Value(now)), expired_at__isnull=True)

    def due(self, now: datetime) -> "SubscriptionQuerySet":
        """Return the subscriptions that the sweep must expire."""
        return self.filter(LessThanOrEqual(access_end(), Value(now)), expired_at__isnull=True)

    def late(self, now: datetime) -> "SubscriptionQuerySet":
        """Return the subscriptions whose paid time is over and whose grace period is not."""
        return self.live(now).filter(end_date__lte=now)

    def earliest_end(self, *, after: datetime | None = None) -> datetime | None:
        """Return the earliest end of access, or the earliest after an instant, of those not expired; None if none."""
        rows = self.live(after) if after else self.filter(expired_at__isnull=True)
        return rows.annotate(ends=access_end()).order_by("ends", "pk").values_list("ends", flat=True).first()

    def claim(self, limit: int, lock_wait: timedelta = LOCK_WAIT) -> "list[Subscription]":
        """Lock up to `limit` rows and their users', oldest end first, passing over what another transaction holds.

        Locking the user too keeps a renewal of another subscription of theirs from slipping in between the expiry
        and the judgement of their access. On SQLite the transaction itself (BEGIN IMMEDIATE) is the lock.
        User, plan and metadata are not loaded. The rest of the transaction waits at most `lock_wait` for each other
        lock, such as that of a membership which somebody else is writing, and then fails. Raises StrictIsolation.
        """
        columns = [field.attname for field in self.model._meta.concrete_fields if field.name != DEFERRED]
        user_key = self.model._meta.get_field("user").target_field.name
        rows = self.filter(LockWait(lock_wait)).annotate(is_strict=IsStrict())
        rows = rows.select_related("user").only(*columns, f"user__{user_key}").order_by(access_end(), "pk")
        locked = rows.select_for_update(of=("self", "user"), no_key=True, skip_locked=True)[:limit]
        # Instances of the users, whom this only locks, would cost as much as those of the subscriptions.
        found = list(locked.query.get_compiler(locked.db).results_iter(tuple_expected=True))
        refuse_strict(bool(found and found[0][len(columns)]))
        return instances_of(self.model, locked.db, columns, found)


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
    grace_until = models.DateTimeField(
        _("grace until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("access goes on until then while the payment is late"),
    )
    trial = models.BooleanField(
        _("trial"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("began with a free trial, once per person"),
    )
    next_plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # plans with subscriptions are hardly ever deleted
        related_name="+",
        verbose_name=_("next plan"),
        help_text=_("the next renewal is to this plan"),
    )
    anchor_day = models.PositiveSmallIntegerField(
        _("anchor day"),
        default=0,
        db_default=0,
        editable=False,
        help_text=_("day of the month on which periods of months end; 0: that of the present end"),
    )
    expired_at = models.DateTimeField(
        _("expired at"), null=True, blank=True, editable=False, help_text=_("set if and only if expired")
    )
    external_id = models.CharField(
        _("external id"),
        max_length=EXTERNAL_ID_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text=_("by which another system knows it"),
    )
    metadata = models.JSONField(
        _("metadata"),
        default=dict,
        db_default=Value({}, models.JSONField()),
        blank=True,
        help_text=_("texts that another system keeps with it"),
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
            ("renew_subscription", _("Can renew any subscription and give it days")),
            ("cancel_subscription_now", _("Can end any subscription at once")),
            ("change_plan_at_once", _("Can change the plan of any subscription at once, free of charge")),
            ("export_subscription", _("Can export subscriptions with names and e-mail addresses")),
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
            models.UniqueConstraint(fields=["user"], condition=Q(trial=True), name="subscription_one_trial_per_user"),
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
            # The same of the sweep, which waits for the end of the grace period.
            models.Index(access_end(), "id", condition=Q(expired_at__isnull=True), name="subscription_by_access_end"),
            # The newest of a status or a plan, as the admin lists them.
            models.Index(fields=["status", "id"], name="subscription_by_status"),
            models.Index(fields=["plan", "id"], name="subscription_by_plan"),
            models.Index(
                fields=["external_id", "id"], condition=~Q(external_id=""), name="subscription_by_external_id"
            ),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"

    @property
    def renewal_plan(self) -> Plan:
        """The plan of the next renewal: the one that a change is planned to, or the present one."""
        return self.next_plan or self.plan

    def is_live(self, now: datetime) -> bool:
        """Return True if it gives access at `now`, as `SubscriptionQuerySet.live` selects."""
        return self.expired_at is None and now < self.access_end

    def is_late(self, now: datetime) -> bool:
        """Return True if its paid time is over and its grace period is not, as `SubscriptionQuerySet.late` selects."""
        return self.end_date <= now and self.is_live(now)

    @property
    def access_end(self) -> datetime:
        """The first instant without access: the end, or that of the grace period after it."""
        return max(self.end_date, self.grace_until or self.end_date)
