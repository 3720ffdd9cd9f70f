"""Charger: opens renewal orders, charges what is due to the saved methods, and asks what became of unknown ones."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from payments.charging import claims
from payments.charging.calls import Calls, Pace
from payments.charging.claims import Claim
from payments.charging.closing import close_finished
from payments.charging.outcomes import Recorder
from payments.charging.renewal_orders import open_orders
from payments.charging.stages import Stages
from payments.providers.deadline import Deadline
from payments.providers.interface import OutcomeKind, Provider

logger = logging.getLogger(__name__)

LIMIT = 64
"""Orders per claim: about six seconds of calls at the charger's pace."""

CLAIM_TIME = claims.CALLS + timedelta(seconds=30)
"""Time that must be left to begin a claim."""


@dataclass
class Charger:
    """One run over all due orders, until nothing is due or the time runs short. Any number may run at once.

    Only the calls to the provider run in threads; all use of the database stays in this one.
    """

    provider: Provider
    now: Callable[[], datetime]
    time_left: Callable[[], timedelta]
    pace: Pace = field(default_factory=Pace)
    kinds: Counter[OutcomeKind] = field(default_factory=Counter, init=False)
    refusals: set[str] = field(default_factory=set, init=False)

    def run(self) -> dict[str, int]:
        """Charge; return the numbers of orders opened, claimed, abandoned by others, closed, and per outcome."""
        summary = {"opened": self._open(), "claimed": 0, "abandoned": claims.release_abandoned(), "closed": 0}
        with ThreadPoolExecutor(settings.DELIVERY_THREADS) as pool:
            summary["closed"] = close_finished(self.provider, self._calls(pool), self.now())
            while claimed := self._charge_due(pool):  # what was given back may be due again
                summary["claimed"] += claimed
        summary |= {kind.value: self.kinds[kind] for kind in OutcomeKind if kind is not OutcomeKind.CLOSED}
        if self.refusals:
            logger.error("the payment provider refuses the key", extra={"codes": ", ".join(sorted(self.refusals))})
        logger.info("charging finished", extra=summary)
        return summary

    def _charge_due(self, pool: Executor) -> int:
        """Charge what is due; return the number of orders claimed.

        While the outcomes of a claim are written, the calls of the next are under way: the pace is the limit.
        """
        claimed = 0
        confirmed: Iterator[None] = iter(())
        while self.time_left() > CLAIM_TIME and (claim := self._claim()).orders:
            claimed += len(claim.orders)
            recorder = Recorder(claim, self.now(), self.kinds)
            stages = Stages(claim, self.provider, self._calls(pool), recorder).go()
            next(stages)
            _finish(confirmed)
            next(stages)
            confirmed = stages
            if len(claim.orders) < LIMIT:
                break
        _finish(confirmed)
        return claimed

    def _open(self) -> int:
        if self.provider.charges_itself:
            return 0
        return open_orders(self.provider.name, self.now(), self.time_left)

    def _claim(self) -> Claim:
        return claims.claim(self.provider.name, LIMIT, self.now())

    def _calls(self, pool: Executor) -> Calls:
        return Calls(pool, self.pace, Deadline.after(claims.CALLS), self.refusals)


def _finish(stages: Iterator[None]) -> None:
    """Run the stages to their end: wait for what is still under way, and write the outcomes."""
    for _under_way in stages:
        pass
