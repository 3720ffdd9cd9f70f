"""EventBridge's clock: fires each schedule on time, one at a time."""

import logging
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from aws_croniter import AwsCroniter

from infra.lambda_local.errors import InvalidSchedule

logger = logging.getLogger(__name__)

RATE = re.compile(r"rate\((?:1 (?P<one>minute|hour|day)|(?P<count>[2-9]|[1-9][0-9]+) (?P<unit>minute|hour|day)s)\)")
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html"""
CRON = re.compile(r"cron\((?P<fields>[^()]*)\)")
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html"""
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

LONGEST_WAIT = 1.0
"""Seconds after which a leap of time is noticed."""


class Scheduled(Protocol):
    """Something that fires on a schedule; `function` is its name in the log."""

    @property
    def expression(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def function(self) -> str: ...


S = TypeVar("S", bound=Scheduled)

Fire = Callable[[S, datetime], object]
"""Takes a schedule and the time, UTC, at which it was due."""

Wait = Callable[[float | None], bool]
"""Waits for the seconds (None: for ever), and returns True when it is time to end."""


def next_time(expression: str, start: datetime, after: datetime) -> datetime | None:
    """Return when a schedule made at `start` first fires after `after`; None if it never does again. Times are UTC.

    Raises InvalidSchedule where AWS refuses the expression.
    """
    if rate := RATE.fullmatch(expression):
        period = int(rate["count"] or 1) * UNITS[rate["one"] or rate["unit"]]
        return start + period * (math.floor((after - start) / period) + 1)
    occurrence: datetime | None = _cron(expression).occurrence(after.astimezone(UTC)).next()
    return occurrence


def _cron(expression: str) -> AwsCroniter:
    cron = CRON.fullmatch(expression)
    if cron is None:
        raise InvalidSchedule(f"{expression!r} is none of rate(1 minute), rate(5 minutes) and cron(<six fields>)")
    try:
        return AwsCroniter(cron["fields"])
    except ValueError as error:
        raise InvalidSchedule(f"{expression!r}: {error}") from error


@dataclass(frozen=True)
class Clock(Generic[S]):
    """Fires the enabled schedules. A failure is logged and stops nothing, as on EventBridge.

    A schedule that falls due while another one runs, or while time leaps, fires once afterwards.
    """

    schedules: Sequence[S]
    fire: Fire[S]
    now: Callable[[], datetime]

    def fire_all(self, function: str = "") -> None:
        """Fire every enabled schedule now, in order; or only those of this function."""
        for schedule in self._enabled():
            if function in ("", schedule.function):
                self._fire(schedule, self.now())

    def run(self, wait: Wait) -> None:
        """Fire on time until `wait` returns True. `now` may leap forward or back meanwhile."""
        start = last = self.now()
        while True:
            due = self._next(start, after=last)
            seconds = min(LONGEST_WAIT, max(0.0, (due[0][0] - self.now()).total_seconds())) if due else None
            if wait(seconds):
                return
            last = self.now()
            for time, schedule in due:
                if time <= last:
                    self._fire(schedule, time)

    def _enabled(self) -> list[S]:
        return [schedule for schedule in self.schedules if schedule.enabled]

    def _next(self, start: datetime, after: datetime) -> list[tuple[datetime, S]]:
        times = [(next_time(schedule.expression, start, after), schedule) for schedule in self._enabled()]
        return sorted(((time, schedule) for time, schedule in times if time), key=lambda entry: entry[0])

    def _fire(self, schedule: S, time: datetime) -> None:
        try:
            self.fire(schedule, time)
        except Exception:
            logger.exception("%s failed", schedule.function)
