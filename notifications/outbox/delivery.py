"""Delivery of due notifications."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from foundation import clock
from notifications import channel_registry, measurement, statistics
from notifications.aws.results import ResultKind
from notifications.channels import lookup, pauses
from notifications.channels.delivery_channel import Results
from notifications.metrics import NotificationMetric
from notifications.models import ChannelStatus, Notification, State
from notifications.outbox import claims, confirmation_timeouts, send_rate
from notifications.outbox.claims import Claim
from notifications.outbox.sending import make_calls, pausing

logger = logging.getLogger(__name__)

RECORDING = timedelta(seconds=10)
"""Time to record the results of a claim."""

CLAIM_TIME = settings.DELIVERY_CALLS + RECORDING + send_rate.LONGEST_WAIT
"""Time that must be left to begin a claim, which may have to wait for its turn."""

ROUNDS = 4
"""Calls that each thread makes for one claim."""

METRICS = {
    NotificationMetric.UNSENT: ResultKind.UNSENT.value,
    NotificationMetric.ABANDONED: "abandoned",
    NotificationMetric.GIVEN_UP: "given_up",
    NotificationMetric.CHANNELS_PAUSED: "paused_channels",
    NotificationMetric.OLDEST_PENDING: "oldest_pending_s",
}
"""Metrics, and their names in the log line."""


@dataclass
class Delivery:
    """One delivery over all channels, until nothing is due or the time runs short. Any number may run at once.

    Only the calls to AWS run in threads; all use of the database stays in this one.
    """

    time_left: Callable[[], timedelta]
    sleep: Callable[[float], None] = time.sleep
    kinds: Counter[ResultKind] = field(default_factory=Counter, init=False)
    claimed: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)

    def run(self) -> dict[str, int]:
        """Deliver; return what the run counted.

        That is the numbers of notifications claimed, per result, failed for good, unconfirmed and sent again or given
        up, the number of paused channels, and the seconds for which the oldest pending one could have been sent.
        """
        abandoned = claims.release_abandoned()
        settled = confirmation_timeouts.settle()
        if Notification.objects.due_on_any(channel_registry.names()).exists():
            self._deliver()
        summary = {"claimed": self.claimed, "abandoned": abandoned, "failed": self.failed}
        summary |= {"again": settled.again, "given_up": settled.given_up}
        summary |= {kind.value: self.kinds[kind] for kind in ResultKind}
        summary["paused_channels"] = ChannelStatus.objects.paused().count()
        summary["oldest_pending_s"] = _oldest_pending_seconds()
        logger.info("delivery finished", extra=summary)
        measurement.emit_delivery(self._reached(), {metric: summary[name] for metric, name in METRICS.items()})
        return summary

    def _deliver(self) -> None:
        for channel in lookup.every():
            channel.refresh()
        with ThreadPoolExecutor(settings.DELIVERY_THREADS) as pool:
            while self._deliver_a_round(pool):
                pass

    def _deliver_a_round(self, pool: ThreadPoolExecutor) -> bool:
        """Deliver one claim per channel, so that a backlog of mails does not delay the events.

        False where nothing is due, or the time runs short.
        """
        # Unpaced channels first: they hardly ever wait for their turn.
        statuses = sorted(
            ChannelStatus.objects.sending().with_time().order_by("channel"),
            key=lambda status: lookup.get(status.channel).is_paced,
        )
        delivered = [self._deliver_a_claim(status, pool) for status in statuses if self.time_left() > CLAIM_TIME]
        return any(delivered)

    def _deliver_a_claim(self, status: ChannelStatus, pool: ThreadPoolExecutor) -> bool:
        """Wait for the reserved time before claiming, so that no lease is held meanwhile."""
        channel = status.channel
        calls = settings.DELIVERY_THREADS * ROUNDS
        limit = 1 if status.is_on_trial else calls * lookup.get(channel).batch_size
        if not (reservation := send_rate.reserve(status, status.read_at, limit)):
            return False
        if reservation.wait:
            self.sleep(reservation.wait.total_seconds())
        claim = claims.claim(channel, reservation.number)
        send_rate.give_back(status, reservation, reservation.number - len(claim.notifications))
        results = make_calls(claim, channel, pool)
        if any(result.kind is ResultKind.THROTTLED for result in results.values()):
            send_rate.slow_down(status, status.read_at)
        self._finish(claim, status, results)
        return bool(claim.notifications)

    def _finish(self, claim: Claim, status: ChannelStatus, results: Results) -> None:
        self._pause_or_resume(status, results)
        claim.finish(results)
        self.claimed += len(claim.notifications)
        self.kinds.update(result.kind for result in results.values())
        self.failed += sum(
            claims.final_state(results[notification.pk].kind, notification.attempts) is State.FAILED
            for notification in claim.notifications
            if notification.pk in results
        )

    def _pause_or_resume(self, status: ChannelStatus, results: Results) -> None:
        """Pause before the rows return to pending, or the next deliverer would claim them at once."""
        if (result := pausing(results)) and result.pause:
            pauses.pause(status, result.pause, result.error)
        elif status.is_on_trial and any(result.kind is ResultKind.ACCEPTED for result in results.values()):
            pauses.end(status)

    def _reached(self) -> dict[State, int]:
        """Return the number that reached each state."""
        reached = {state: self.kinds[kind] for kind, state in claims.FINAL_STATES.items()}
        return reached | {State.FAILED: self.failed, State.UNKNOWN: self.kinds[ResultKind.UNKNOWN]}


def _oldest_pending_seconds() -> int:
    """Return 0 if nothing is due."""
    oldest = statistics.oldest_pending()
    return max(0, round((clock.now() - oldest).total_seconds())) if oldest else 0
