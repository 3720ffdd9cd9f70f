"""The calls of one claim, several at a time. Only they run in threads; the database stays with the caller."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice

from django.conf import settings

from foundation import clock
from notifications.aws.deadline import Deadline
from notifications.aws.results import Result
from notifications.channels import lookup
from notifications.channels.delivery_channel import Keys, Results
from notifications.outbox.claims import Claim


@dataclass
class CircuitBreaker:
    """Calls the channel. Once a result pauses the channel, all others get that result without a call."""

    call: Callable[[Keys], Results]
    pause: Result | None = None

    def __call__(self, keys: Keys) -> Results:
        if self.pause:
            return dict.fromkeys(keys, self.pause)
        results = self.call(keys)
        self.pause = self.pause or pausing(results)
        return results


def make_calls(claim: Claim, channel: str, pool: Executor) -> Results:
    """Send the claimed notifications of the channel; return their results. No call begins later than the lease allows.

    The intent is recorded before the first call, and only what is still held is sent.
    """
    kind = lookup.get(channel)
    composed = kind.compose(claim.notifications, clock.now())
    breaker = CircuitBreaker(composed.send)
    deadline = Deadline.after(settings.DELIVERY_CALLS)
    results = dict(composed.withheld)
    for answer in pool.map(deadline.around(breaker), _batches(claim.submit(composed.keys), kind.batch_size)):
        results |= answer
    return results


def pausing(results: Results) -> Result | None:
    """Return the first result that says that nothing can be sent on the channel."""
    return next((result for result in results.values() if result.pause), None)


def _batches(keys: Keys, size: int) -> Iterator[list[int]]:
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
