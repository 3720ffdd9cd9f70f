"""The calls to AWS for one claim, several at a time. Only they run in threads; the database stays with the caller."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice

from django.conf import settings

from foundation import clock
from foundation.email_addresses import UndeliverableAddress
from notifications.aws.deadline import Deadline
from notifications.aws.results import Outcome, Verdict
from notifications.coverage import Coverage
from notifications.models import Channel
from notifications.outbox import eligibility
from notifications.outbox.claims import Claim
from notifications.ses import mailer
from notifications.sns import publisher

Keys = Sequence[int]
Outcomes = dict[int, Outcome]
"""What became of notifications, by primary key."""


@dataclass
class BrakedCalls:
    """Makes one call for some notifications. After an answer that pauses the channel the others get it unasked."""

    call: Callable[[Keys], Outcomes]
    pause: Outcome | None = None

    def __call__(self, keys: Keys) -> Outcomes:
        if self.pause:
            return dict.fromkeys(keys, self.pause)
        outcomes = self.call(keys)
        self.pause = self.pause or pausing(outcomes)
        return outcomes


def make_calls(claim: Claim, channel: Channel, pool: Executor) -> Outcomes:
    """Send what was claimed of the channel, and tell what became of it."""
    return _send_mails(claim, pool) if channel is Channel.SES else _publish_events(claim, pool)


def pausing(outcomes: Outcomes) -> Outcome | None:
    """The first one that says that nothing can be sent on the channel."""
    return next((outcome for outcome in outcomes.values() if outcome.pause), None)


def _send_mails(claim: Claim, pool: Executor) -> Outcomes:
    coverage = Coverage.of(claim.notifications, clock.now())
    outcomes = eligibility.withheld(claim.notifications, coverage)
    messages: dict[int, mailer.Message] = {}
    for notification in claim.notifications:
        if notification.pk in outcomes:
            continue
        try:
            messages[notification.pk] = mailer.compose(notification, coverage)
        except UndeliverableAddress as error:
            outcomes[notification.pk] = Outcome(Verdict.UNDELIVERABLE, error=str(error))

    def send(keys: Keys) -> Outcomes:
        return {key: mailer.send(messages[key]) for key in keys}

    return outcomes | _call(send, claim, messages, 1, pool)


def _publish_events(claim: Claim, pool: Executor) -> Outcomes:
    entries = publisher.compose(claim.notifications)

    def publish(keys: Keys) -> Outcomes:
        return publisher.publish([entries[key] for key in keys])

    return _call(publish, claim, entries, publisher.BATCH_SIZE, pool)


def _call(
    call: Callable[[Keys], Outcomes], claim: Claim, composed: Collection[int], batch: int, pool: Executor
) -> Outcomes:
    """Note the intent and call AWS for what is still held; no call begins later than the lease has time for."""
    deadline = Deadline.after(settings.DELIVERY_CALLS)
    outcomes: Outcomes = {}
    for answer in pool.map(deadline.around(BrakedCalls(call)), _batches(claim.submit(composed), batch)):
        outcomes |= answer
    return outcomes


def _batches(keys: Keys, size: int) -> Iterator[list[int]]:
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
