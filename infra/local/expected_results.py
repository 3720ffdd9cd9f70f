"""Expected results of a sweep and a delivery, compared with the database and the local AWS."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Model

from foundation.email_addresses import address_of
from foundation.mail import mail_kind
from foundation.orm.key import Key
from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local.ses_feedback import BOUNCE
from notifications.coverage import OVERTAKEN_BY
from notifications.models import Channel, Notification, Reason, State, Suppression
from notifications.preferences import wants_reminders
from subscriptions.access.managed_groups import GROUP
from subscriptions.access.membership import find_mismatches
from subscriptions.models import Subscription, SubscriptionEvent, Transition


@dataclass(frozen=True)
class Comparison:
    """An expected number and the one that was read back."""

    what: str
    expected: int
    read_back: int

    @property
    def agrees(self) -> bool:
        return self.expected == self.read_back


@dataclass(frozen=True)
class ExpectedResults:
    """Expected results of the next sweep and delivery, from the database before them."""

    due: int
    without_right: int
    """Members of the group without a live subscription."""
    reminders: int
    mails: int
    """Mails pending or to be caused by due subscriptions and reminders.

    Excludes those that a later transition makes obsolete, and those to users without a deliverable address.
    """
    events: int
    delivered: int
    bounced: int
    members: frozenset[Key]
    last_event: int
    last_notification: int

    @classmethod
    def measure(cls, now: datetime) -> "ExpectedResults":
        """Read the state of the database."""
        email = get_user_model().get_email_field_name()
        due = Subscription.objects.due(now)
        waiting = Notification.objects.filter(state=State.PENDING)
        unreachable = _unreachable()
        direct = waiting.filter(channel=Channel.SES, event__isnull=True).exclude(address__in=unreachable)
        mails = waiting.filter(channel=Channel.SES, event__isnull=False)
        mails = mails.exclude(**{f"event__subscription__user__{email}__in": unreachable})
        ended = due.exclude(**{f"user__{email}__in": unreachable}).count()
        near = [
            subscription for subscription in Subscription.objects.live(now) if _is_to_be_reminded(subscription, now)
        ]
        return cls(
            due=due.count(),
            without_right=len(find_mismatches(now).stale),
            reminders=len(near),
            mails=_still_true(mails.select_related("event__subscription"), now)
            + ended
            + sum(_still_due(mail, now) for mail in direct)
            + sum(address_of(subscription.user) not in unreachable for subscription in near),
            events=waiting.filter(channel=Channel.SNS).count() + due.count(),
            delivered=_mails_in(State.DELIVERED),
            bounced=_mails_in(State.BOUNCED),
            members=_members(),
            last_event=_last(SubscriptionEvent),
            last_notification=_last(Notification),
        )

    def compare(self, aws: LocalAWS) -> list[Comparison]:
        """Compare with the present state."""
        expired = SubscriptionEvent.objects.filter(pk__gt=self.last_event, transition=Transition.EXPIRED)
        reminders = Notification.objects.filter(pk__gt=self.last_notification, days_before__isnull=False)
        accepted = [mail for mail in aws.mails() if _is_notification(mail)]
        dead = sum(BOUNCE in mail.recipients for mail in accepted)
        return [
            Comparison("expired", self.due, expired.count()),
            Comparison("access removed", self.without_right, len(self.members - _members())),
            Comparison("reminders recorded", self.reminders, reminders.count()),
            Comparison("mails accepted by SES", self.mails, len(accepted)),
            Comparison("mails delivered", len(accepted) - dead, _mails_in(State.DELIVERED) - self.delivered),
            Comparison("mails bounced", dead, _mails_in(State.BOUNCED) - self.bounced),
            Comparison("events accepted by SNS", self.events, len(aws.events())),
        ]


def comparison_table(
    comparisons: Sequence[Comparison], expected: str = "expected", read_back: str = "read back"
) -> str:
    """Return the comparisons as an aligned table with these headings."""
    lines = [f"{'':<26}{expected:>10}{read_back:>12}"]
    lines += [
        f"{row.what:<26}{row.expected:>10}{row.read_back:>12}   {'agrees' if row.agrees else 'DIFFERS'}"
        for row in comparisons
    ]
    return "\n".join(lines)


def _still_true(mails: Iterable[Notification], now: datetime) -> int:
    """Return the number of mails that no transition makes obsolete, including the expiry of due subscriptions."""
    return sum(not OVERTAKEN_BY.get(mail.kind, set()) & _later_transitions(mail, now) for mail in mails)


def _later_transitions(mail: Notification, now: datetime) -> set[str]:
    event = mail.cause
    subscription = event.subscription
    recorded = subscription.events.filter(pk__gt=event.pk).values_list("transition", flat=True)
    is_due = subscription.expired_at is None and not subscription.is_live(now)
    return {*recorded, *([Transition.EXPIRED] if is_due else [])}


def _is_notification(mail: AcceptedMail) -> bool:
    """Return True for a mail of the outbox; a fork's apps send mails of their own."""
    return str(mail.message["Message-ID"]).startswith("<notification-")


def _still_due(mail: Notification, now: datetime) -> bool:
    """Return True for a mail without an event that is not obsolete."""
    if not mail.account_kind:
        return True
    kind = mail_kind(mail.account_kind)
    return kind.rendered(mail.address, mail.user_key or None, mail.about, now) is not None


def _unreachable() -> list[str]:
    bouncing = Suppression.objects.live().filter(reason=Reason.BOUNCE)
    return ["", *bouncing.values_list("address", flat=True)]


def _mails_in(state: State) -> int:
    return Notification.objects.filter(state=state).count()


def _is_to_be_reminded(subscription: Subscription, now: datetime) -> bool:
    """Return True if a reminder day of the period has come, is wanted, and no reminder as near to the end exists.

    Whoever is being charged for the next period hears of that instead.
    """
    began = subscription.events.filter(transition__in=[Transition.CREATED, Transition.RENEWED]).latest("pk")
    beginning = max(began.occurred_at, began.old_end_date or began.occurred_at)
    marks = {day: subscription.end_date - timedelta(days=day) for day in subscription.plan.reminder_days}
    come = [day for day, mark in marks.items() if beginning < mark <= now]
    there = Notification.objects.filter(event=began, days_before__isnull=False).values_list("days_before", flat=True)
    if not come or subscription.grace_until is not None or not wants_reminders(subscription.user_id):
        return False
    return not any(day is not None and day <= min(come) for day in there)


def _last(model: type[Model]) -> int:
    """Return the highest primary key, or 0."""
    return model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _members() -> frozenset[Key]:
    return frozenset(get_user_model()._base_manager.filter(groups__name=GROUP).values_list("pk", flat=True))
