"""The outbox: one row is one message to one recipient on one channel."""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from foundation.email_addresses import LONGEST_ADDRESS, address_of
from notifications import channel_registry
from notifications.errors import NoEvent

if TYPE_CHECKING:
    from payments.models import PaymentEvent
    from subscriptions.models import SubscriptionEvent

LONGEST_KIND = 40
LONGEST_USER_KEY = 64
"""Characters of a primary key; a UUID has 36."""
LONGEST_ABOUT = LONGEST_USER_KEY


class Channel(models.TextChoices):
    """Names of the channels of this app; others may be registered (`notifications.channel_registry`)."""

    SES = "ses", "SES"
    SNS = "sns", "SNS"


class Ordering(NamedTuple):
    """Order of a channel: a notification waits for those with the same `same` of its event and a lower `key`."""

    same: str
    key: str


PER_SUBSCRIPTION = Ordering("subscription", "event")
PER_RECIPIENT = Ordering("subscription__user", "pk")
"""By primary key, because reminders have no event of their own."""


class State(models.TextChoices):
    """The state of a notification in the outbox; docs/explanation/notifications.md has the diagram."""

    PENDING = "pending", _("pending")
    SENDING = "sending", _("sending")
    UNKNOWN = "unknown", _("unknown")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    BOUNCED = "bounced", _("bounced")
    COMPLAINED = "complained", _("complained")
    FAILED = "failed", _("failed")
    SUPPRESSED = "suppressed", _("suppressed")
    OBSOLETE = "obsolete", _("obsolete")


REMINDER = "reminder"
PAYMENT = "payment_"
"""Beginning of the kind of what tells of a payment event."""

MESSAGE = "message"
"""The kind of a mail that was sent by Django's `send_mail`."""

WAITING = (State.PENDING, State.SENDING, State.UNKNOWN)
"""States in which `finished_at` may be empty: `unknown` waits for SES's confirmation, or has been given up."""

FINAL = tuple(state for state in State if state not in (State.PENDING, State.SENDING))
UNSETTLED = (
    State.FAILED,
    State.UNKNOWN,
    State.SUPPRESSED,
    State.BOUNCED,
    State.COMPLAINED,
    State.OBSOLETE,
)
"""States of undelivered notifications, which are few."""


TRIED_IN_VAIN = Q(finished_at__isnull=True) & (Q(resends__gt=0) | Q(state=State.PENDING) & ~Q(error=""))
"""Condition of a notification with a failed attempt, or without a confirmation in time."""


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Conditions of the outbox protocol."""

    def due(self, channel: str) -> "NotificationQuerySet":
        """Return the pending notifications of the channel that may be tried now."""
        # `finished_at IS NULL` besides would be no news, and make PostgreSQL expect hardly any row.
        return self.filter(channel=channel, state=State.PENDING, due_at__lte=Now())

    def due_on_any(self, channels: Collection[str]) -> "NotificationQuerySet":
        """Return the pending notifications of these channels that may be tried now."""
        return self.filter(channel__in=channels, state=State.PENDING, due_at__lte=Now())

    def claimable(self, channel: str, ordering: Ordering) -> "NotificationQuerySet":
        """Return the notifications of the channel that may be claimed for delivery now, those that wait excluded.

        A mail without an event waits for no other, and no other for it.
        """
        return self.due(channel).exclude(_earlier(channel, ordering))

    def of_payments(self, channel: str) -> "NotificationQuerySet":
        """Return those of payment events that may be claimed now: none before an earlier one of its order."""
        earlier = Notification.objects.filter(
            channel=channel,
            finished_at__isnull=True,
            payment_event__order=OuterRef("payment_event__order"),
            payment_event__lt=OuterRef("payment_event"),
        )
        return self.due(channel).filter(payment_event__isnull=False).exclude(Exists(earlier))

    def account_mails(self) -> "NotificationQuerySet":
        """Return the account mails, for which somebody waits."""
        return self.exclude(account_kind="")

    def unconfirmed(self, channel: str) -> "NotificationQuerySet":
        """Return the notifications that were perhaps sent and not confirmed within the grace time."""
        return self.filter(finished_at__isnull=True, channel=channel, state=State.UNKNOWN, due_at__lte=Now())

    def tried_in_vain(self) -> "NotificationQuerySet":
        """Return the notifications with a failed attempt, each of which postponed `due_at`."""
        return self.filter(TRIED_IN_VAIN)

    def abandoned(self) -> "NotificationQuerySet":
        """Return the notifications whose deliverer died or was frozen, so that its lease ended."""
        return self.filter(lease_token__isnull=False, lease_until__lt=Now())

    def held(self, lease_token: UUID) -> "NotificationQuerySet":
        """Return the notifications that the holder of this token may still finish."""
        return self.filter(lease_token=lease_token, state=State.SENDING)


class Notification(models.Model):
    """A message caused by a transition or a payment event, a reminder of an approaching end, or any other mail.

    The first three are rendered when they are delivered, from the event's own figures. A mail without an event has an
    address of its own; an account mail is rendered by its kind, any other is stored as text. All times are the
    database's.
    """

    event = models.ForeignKey(
        "subscriptions.SubscriptionEvent", on_delete=models.PROTECT, null=True, related_name="notifications"
    )
    payment_event = models.ForeignKey(
        "payments.PaymentEvent",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,  # the unique constraint's serves
        related_name="notifications",
        verbose_name=_("payment event"),
    )
    days_before = models.PositiveSmallIntegerField(
        _("days before the end"),
        null=True,
        help_text=_("of a reminder, whose event is the one that began the period; empty: it tells of the event"),
    )
    channel = models.CharField(_("channel"), max_length=20, choices=channel_registry.choices)
    state = models.CharField(_("state"), max_length=10, choices=State, db_default=State.PENDING)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    due_at = models.DateTimeField(_("due at"), db_default=Now(), help_text=_("not tried before"))
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), db_default=0, help_text=_("tries that certainly sent nothing")
    )
    resends = models.PositiveSmallIntegerField(
        _("sent again"), db_default=0, help_text=_("how often it was, after an answer that was lost")
    )
    lease_token = models.UUIDField(_("lease token"), null=True, help_text=_("names the deliverer that holds the row"))
    lease_until = models.DateTimeField(_("lease until"), null=True)
    submitted_at = models.DateTimeField(
        _("submitted at"),
        null=True,
        help_text=_("just before the call to AWS: from here on it may have been sent"),
    )
    finished_at = models.DateTimeField(_("finished at"), null=True)
    message_id = models.CharField(_("message id"), max_length=100, db_default="", help_text=_("as AWS gave it"))
    error = models.CharField(
        _("error"), max_length=200, db_default="", help_text=_("the last one, without personal data")
    )
    account_kind = models.CharField(
        _("kind of account mail"), max_length=LONGEST_KIND, db_default="", help_text=_("rendered when it is sent")
    )
    address = models.CharField(
        _("address"), max_length=LONGEST_ADDRESS, db_default="", help_text=_("of a mail without an event")
    )
    user_key = models.CharField(
        _("user's key"), max_length=LONGEST_USER_KEY, db_default="", help_text=_("for whom an account mail is rendered")
    )
    about = models.CharField(
        _("about"),
        max_length=LONGEST_ABOUT,
        db_default="",
        help_text=_("key of what an account mail tells of"),
    )
    stored_subject = models.TextField(_("stored subject"), db_default="")
    stored_text = models.TextField(_("stored text"), db_default="")
    stored_html = models.TextField(_("stored HTML"), db_default="")
    reply_to = models.CharField(_("reply to"), max_length=LONGEST_ADDRESS, db_default="")

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        permissions = [("send_again_notification", _("Can send failed notifications again"))]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "channel"],
                condition=Q(days_before__isnull=True),
                name="notification_one_per_event_and_channel",
            ),
            models.UniqueConstraint(
                fields=["event", "channel", "days_before"],
                condition=Q(days_before__isnull=False),
                name="notification_one_reminder_per_period_and_day",
            ),
            models.CheckConstraint(
                condition=Q(state__in=WAITING, finished_at__isnull=True)
                | Q(state__in=FINAL, finished_at__isnull=False),
                name="notification_state_known_and_finished_at_agrees",
            ),
            models.UniqueConstraint(
                fields=["payment_event", "channel"],
                condition=Q(payment_event__isnull=False),
                name="notification_one_per_payment_event",
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=False, payment_event__isnull=True, account_kind="", address="")
                | Q(
                    event__isnull=True,
                    payment_event__isnull=False,
                    days_before__isnull=True,
                    account_kind="",
                    address="",
                )
                | (Q(event__isnull=True, payment_event__isnull=True, days_before__isnull=True) & ~Q(address="")),
                name="notification_has_one_cause",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at", "id"],
                condition=Q(state=State.PENDING),
                name="notification_pending",
            ),
            models.Index(
                fields=["channel", "due_at", "id"],
                condition=Q(state=State.UNKNOWN, finished_at__isnull=True),
                name="notification_unconfirmed",
            ),
            # Empty while all goes well, and so costs the sweep nothing.
            models.Index(fields=["id"], condition=TRIED_IN_VAIN, name="notification_tried_in_vain"),
            models.Index(fields=["lease_until"], condition=Q(lease_token__isnull=False), name="notification_leased"),
            # The dashboard counts by day from the index alone.
            models.Index(
                fields=["finished_at", "channel", "state"],
                condition=Q(finished_at__isnull=False),
                name="notification_finished",
            ),
            models.Index(fields=["state", "id"], condition=Q(state__in=UNSETTLED), name="notification_unsettled"),
            # Mails that SES has and the recipient has not: the last minute's, among all events that were sent.
            models.Index(
                fields=["id"], condition=Q(state=State.SENT, channel=Channel.SES), name="notification_mail_sent"
            ),
            # Of mails without an event alone, so that transitions write to none of these.
            models.Index(
                fields=["channel", "due_at", "id"],
                condition=Q(state=State.PENDING) & ~Q(account_kind=""),
                name="notification_account_pending",
            ),
            models.Index(
                fields=["finished_at"],
                condition=Q(event__isnull=True, finished_at__isnull=False),
                name="notification_mail_finished",
            ),
            # iexact compares UPPER(...) on PostgreSQL.
            models.Index(Upper("address"), condition=Q(event__isnull=True), name="notification_by_address"),
            models.Index(fields=["user_key"], condition=~Q(user_key=""), name="notification_by_user_key"),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"

    @property
    def kind(self) -> str:
        """The transition, `reminder`, `payment` and its kind, the kind of an account mail, or `message`."""
        if self.payment_event is not None:
            return f"{PAYMENT}{self.payment_event.kind}"
        if self.event is None:
            return self.account_kind or MESSAGE
        return REMINDER if self.days_before is not None else self.event.transition

    @property
    def recipient(self) -> str:
        """The address of a mail, as it was entered: its own, or the subscriber's."""
        return self.address if self.event is None else address_of(self.event.subscription.user)

    @property
    def payment_cause(self) -> "PaymentEvent":
        """The payment event. Raises NoEvent for a notification without one."""
        if self.payment_event is None:
            raise NoEvent(f"notification {self.pk} has no payment event")
        return self.payment_event

    @property
    def cause(self) -> "SubscriptionEvent":
        """The event. Raises NoEvent for a mail without one."""
        if self.event is None:
            raise NoEvent(f"notification {self.pk} has no event")
        return self.event


def _earlier(channel: str, ordering: Ordering) -> Exists:
    """Return the condition that an earlier one of the same order is unfinished; a retry would change the order."""
    same, order = ordering
    earlier = Notification.objects.filter(
        channel=channel,
        finished_at__isnull=True,
        **{f"event__{same}": OuterRef(f"event__{same}"), f"{order}__lt": OuterRef(order)},
    )
    return Exists(earlier)
