"""Judge: compares the notifications accepted by the local AWS with the database."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.db.models import Q, QuerySet

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Channel, Notification, State
from subscriptions.access.membership import find_mismatches
from subscriptions.models import Subscription, SubscriptionEvent
from tests.proofs.chaos import audit
from tests.proofs.chaos.aws_requests import notification_of

TOLD = {State.SENT, State.DELIVERED}
NOT_TO_BE_TOLD = {State.SUPPRESSED, State.OBSOLETE}


@dataclass(frozen=True)
class ChannelVerdict:
    """Result of a channel's notifications."""

    notifications: int
    accepted: int
    """Messages accepted by AWS, including duplicates."""
    lost: list[int]
    """Finished rows that should have been sent but were never accepted by AWS."""
    duplicates: Counter[int]
    """Acceptances beyond the first, by row."""
    ambiguous: Counter[int]
    """Ambiguous attempts, by row."""

    @property
    def inexplicable(self) -> Counter[int]:
        """Return the duplicates without an ambiguous attempt."""
        return self.duplicates - self.ambiguous


def accepted_mails(aws: LocalAWS) -> Counter[int]:
    """Return accepted mails by row, from the Message-ID of each mail in the local SES."""
    return Counter(notification_of(mail.raw) for mail in aws.mails())


def accepted_events(aws: LocalAWS) -> Counter[int]:
    """Return accepted events by row, from the ids in the consumer's queue."""
    rows = dict(Notification.objects.filter(channel=Channel.SNS).values_list("event_id", "pk"))
    return Counter(rows[int(event.body["id"])] for event in aws.events())


def judge(channel: Channel, accepted: Counter[int]) -> ChannelVerdict:
    """Compare rows and accepted messages."""
    rows = dict(Notification.objects.filter(channel=channel).values_list("pk", "state"))
    finished = set(Notification.objects.filter(channel=channel, finished_at__isnull=False).values_list("pk", flat=True))
    ambiguous = audit.ambiguous_answers()
    return ChannelVerdict(
        notifications=len(rows),
        accepted=accepted.total(),
        lost=sorted(key for key in finished - set(accepted) if rows[key] not in NOT_TO_BE_TOLD),
        duplicates=Counter({key: number - 1 for key, number in accepted.items() if number > 1}),
        ambiguous=Counter({key: ambiguous[key] for key in rows if ambiguous[key]}),
    )


def waiting(since: datetime) -> Counter[str]:
    """Return the reasons why rows are unfinished although a delivery started at `since`."""
    return Counter(_reason(row) for row in Notification.objects.filter(_waits(since)))


def stuck(since: datetime) -> list[int]:
    """Return rows due at `since`, when a delivery started, that it did not finish."""
    rows = Notification.objects.filter(finished_at__isnull=True).exclude(_waits(since))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def states() -> Counter[tuple[str, str]]:
    """Return the number of rows by channel and state."""
    return Counter(Notification.objects.values_list("channel", "state"))


def expiries(due: Collection[int]) -> Iterator[str]:
    """Yield problems of the due subscriptions' expiry."""
    expired = Counter(SubscriptionEvent.objects.filter(transition="expired").values_list("subscription", flat=True))
    for key in due:
        if expired[key] != 1:
            yield f"subscription {key} expired {expired[key]} times"
    told = Counter(_of_expiries().values_list("event__subscription", "channel"))
    for key, channel in product(due, Channel):
        if told[key, channel] != 1:
            yield f"subscription {key} has {told[key, channel]} notifications of its end for {channel}"
    alive = Subscription.objects.filter(pk__in=list(due)).exclude(status="expired").values_list("pk", flat=True)
    yield from (f"subscription {key} is due and not expired" for key in alive)


def _of_expiries() -> QuerySet[Notification]:
    return Notification.objects.filter(event__transition="expired", days_before=None)


def access(now: datetime) -> Iterator[str]:
    """Yield users with wrong group membership."""
    mismatches = find_mismatches(now)
    yield from (f"user {key} has access and no live subscription" for key in mismatches.stale)
    yield from (f"user {key} has a live subscription and no access" for key in mismatches.missing)


def _waits(since: datetime) -> Q:
    return Q(finished_at__isnull=True, state__in=[State.PENDING, State.UNKNOWN], due_at__gt=since)


def _reason(row: Notification) -> str:
    if row.state == State.UNKNOWN:
        return "for a confirmation"
    return f"to be tried again, after {row.error}"
