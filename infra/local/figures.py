"""What a sweep and a delivery should have done, beside what they did as the database and the local AWS tell it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from infra.local.local_aws import LocalAWS
from notifications.models import Channel, Notification, State
from notifications.screening import OVERTAKEN_BY
from subscriptions.access import GROUP, find_mismatches
from subscriptions.models import Subscription, SubscriptionEvent, Transition


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    expected: int
    read_back: int

    @property
    def agrees(self) -> bool:
        """Whether what was read back is what was expected."""
        return self.expected == self.read_back


@dataclass(frozen=True)
class Before:
    """The database before a sweep and a delivery: what they have to do."""

    due: int
    without_right: int
    """Members of the group who have no live subscription."""
    mails: int
    """Waiting already, or to be caused by what is due. None that a later transition makes untrue, none to users without
    an address."""
    events: int
    members: frozenset[int]
    last_event: int

    @classmethod
    def measure(cls, now: datetime) -> "Before":
        """Look at the database."""
        due = Subscription.objects.due(now)
        waiting = Notification.objects.filter(state=State.PENDING)
        mails = waiting.filter(channel=Channel.SES).exclude(event__subscription__user__email="")
        last = SubscriptionEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
        return cls(
            due=due.count(),
            without_right=len(find_mismatches(now).stale),
            mails=_still_true(mails.select_related("event__subscription"), now) + due.exclude(user__email="").count(),
            events=waiting.filter(channel=Channel.SNS).count() + due.count(),
            members=_members(),
            last_event=last or 0,
        )

    def compare(self, aws: LocalAWS) -> list[Figure]:
        """Read back what there is now."""
        expired = SubscriptionEvent.objects.filter(pk__gt=self.last_event, transition=Transition.EXPIRED)
        return [
            Figure("expired", self.due, expired.count()),
            Figure("access removed", self.without_right, len(self.members - _members())),
            Figure("mails accepted by SES", self.mails, len(aws.mails())),
            Figure("events accepted by SNS", self.events, len(aws.events())),
        ]


def table(figures: Sequence[Figure]) -> str:
    """The figures, aligned."""
    lines = [f"{'':<24}{'expected':>10}{'read back':>12}"]
    lines += [
        f"{figure.what:<24}{figure.expected:>10}{figure.read_back:>12}   {'agrees' if figure.agrees else 'DIFFERS'}"
        for figure in figures
    ]
    return "\n".join(lines)


def _still_true(mails: Iterable[Notification], now: datetime) -> int:
    """How many of the mails nothing overtakes, the expiry of what is due included."""
    return sum(not OVERTAKEN_BY.get(mail.kind, set()) & _later_transitions(mail, now) for mail in mails)


def _later_transitions(mail: Notification, now: datetime) -> set[str]:
    subscription = mail.event.subscription
    recorded = subscription.events.filter(pk__gt=mail.event_id).values_list("transition", flat=True)
    is_due = subscription.expired_at is None and subscription.end_date <= now
    return {*recorded, *([Transition.EXPIRED] if is_due else [])}


def _members() -> frozenset[int]:
    return frozenset(User.objects.filter(groups__name=GROUP).values_list("pk", flat=True))
