"""Delivery: takes what is due from the outbox to AWS."""

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from django.conf import settings

from foundation import clock
from notifications import figures, outbox, screening, ses, sns, unconfirmed
from notifications.deadline import Deadline
from notifications.errors import UndeliverableAddress
from notifications.models import Channel, State
from notifications.outbox import Claim
from notifications.outcomes import Outcome, Verdict

logger = logging.getLogger(__name__)

RECORDING = timedelta(seconds=10)
"""A claim is only begun with so much time left beyond its calls (DELIVERY_CALLS), to record what became of them."""

ROUNDS = 4
"""Calls that each thread makes for one claim."""

Item = TypeVar("Item")


@dataclass
class Delivery:
    """One run over both channels, until nothing is due or the time runs short. Any number may run at once.

    Only the calls to AWS run in threads; all use of the database stays in this one.
    """

    time_left: Callable[[], timedelta]
    verdicts: Counter[Verdict] = field(default_factory=Counter, init=False)
    claimed: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)

    def run(self) -> dict[str, int]:
        """Deliver; return how many were claimed, got each verdict, failed for good, were not confirmed and are sent
        again or given up, and for how many seconds the oldest of those that are left has been due.
        """
        abandoned = outbox.release_abandoned()
        settled = unconfirmed.settle()
        with ThreadPoolExecutor(settings.DELIVERY_THREADS) as pool:
            while self.time_left() > settings.DELIVERY_CALLS + RECORDING and self._deliver_a_round(pool):
                pass
        summary = {"claimed": self.claimed, "abandoned": abandoned, "failed": self.failed}
        summary |= {"again": settled.again, "given_up": settled.given_up}
        summary |= {verdict.value: self.verdicts[verdict] for verdict in Verdict}
        summary["oldest_pending_s"] = _oldest_pending_seconds()
        logger.info("delivery finished", extra=summary)
        return summary

    def _deliver_a_round(self, pool: ThreadPoolExecutor) -> bool:
        """Take the channels in turn, so that a mountain of mails does not hold up the events."""
        calls = settings.DELIVERY_THREADS * ROUNDS
        mails = outbox.claim(Channel.SES, calls)
        self._finish(mails, _send_mails(mails, pool))
        events = outbox.claim(Channel.SNS, calls * sns.BATCH_SIZE)
        self._finish(events, _publish_events(events, pool))
        return bool(mails.notifications or events.notifications)

    def _finish(self, claim: Claim, outcomes: dict[int, Outcome]) -> None:
        claim.finish(outcomes)
        self.claimed += len(claim.notifications)
        self.verdicts.update(outcome.verdict for outcome in outcomes.values())
        self.failed += sum(
            outbox.final_state(outcomes[notification.pk].verdict, notification.attempts) is State.FAILED
            for notification in claim.notifications
            if notification.pk in outcomes
        )


def _oldest_pending_seconds() -> int:
    """0 where nothing is due: what waits for a later try is not late."""
    oldest = figures.oldest_pending()
    return max(0, round((clock.now() - oldest).total_seconds())) if oldest else 0


def _send_mails(claim: Claim, pool: ThreadPoolExecutor) -> dict[int, Outcome]:
    outcomes = screening.withheld(claim.notifications, clock.now())
    messages: dict[int, ses.Message] = {}
    for notification in claim.notifications:
        if notification.pk in outcomes:
            continue
        try:
            messages[notification.pk] = ses.compose(notification)
        except UndeliverableAddress as error:
            outcomes[notification.pk] = Outcome(Verdict.UNDELIVERABLE, error=str(error))
    deadline = Deadline.after(settings.DELIVERY_CALLS)
    submitted = claim.submit(messages)
    answers = pool.map(deadline.around(ses.send), [messages[key] for key in submitted])
    return outcomes | dict(zip(submitted, answers, strict=True))


def _publish_events(claim: Claim, pool: ThreadPoolExecutor) -> dict[int, Outcome]:
    entries = sns.compose(claim.notifications)
    deadline = Deadline.after(settings.DELIVERY_CALLS)
    submitted = iter(claim.submit(entries))
    batches = []
    while batch := [entries[key] for key in islice(submitted, sns.BATCH_SIZE)]:
        batches.append(batch)
    outcomes: dict[int, Outcome] = {}
    for answer in pool.map(deadline.around(sns.publish), batches):
        outcomes |= answer
    return outcomes
