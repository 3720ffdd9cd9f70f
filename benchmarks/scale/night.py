"""Simulation of a night in which many subscriptions end: per second, with ticks of the schedule and all limits.

Sweeps expire due rows, each of which creates a mail and an event; deliveries process these. Each tick starts more
invocations, which run until nothing is left or their time is up. SES feedback arrives at once and is processed by other
invocations. If the database is overloaded, all work slows down proportionally. Sweeps do not block each other
otherwise, since they claim different rows. Not included: requests of subscribers, cold starts, and the time that Aurora
needs to scale up.
"""

from collections import Counter
from dataclasses import dataclass, field

from benchmarks.scale.capacity import Capacity, Paces
from benchmarks.scale.limits import TICK

SECOND, MINUTE, DAY = 1, 60, 86_400
TIMEOUT = 300
"""timeout_seconds in zappa_settings.json."""

SWEEP_SECONDS = TIMEOUT - 5
"""Timeout less subscriptions.sweep.RESERVE."""

DELIVERY_SECONDS = TIMEOUT - 72
"""Timeout less the delivery's reserve."""

MAILS_A_ROUND, EVENTS_A_ROUND = 32, 320
"""Notifications per round of a delivery: ROUNDS calls for each of DELIVERY_THREADS, ten events per call."""

DATABASE, FUNCTION, RATE = "the database", "the function's CPU", "SES's rate"


@dataclass(frozen=True)
class Load:
    """Subscriptions that end, evenly spread over `seconds`; 1 means all at once."""

    due: int
    seconds: int = 1

    def arrived(self, second: int) -> float:
        """Return the number of subscriptions due by then."""
        return self.due * min(1.0, second / self.seconds)

    def came(self, number: float) -> float:
        """Return the second at which the subscription with this number became due."""
        return number / self.due * self.seconds


@dataclass
class Night:
    """Result of a simulation. Times are seconds since the first end; None means not on this day."""

    expired_after: int | None = None
    events_after: int | None = None
    mails_after: int | None = None
    latest: float = 0
    """Longest delay between end and expiry."""
    mails_sent: float = 0
    busiest: float = 0
    """Highest share of the database's cores in use."""
    function_seconds: float = 0
    held_back: Counter[str] = field(default_factory=Counter)
    """Seconds by bottleneck of sweeps or mails."""
    is_out_of_quota: bool = False
    left: list[tuple[float, float, float]] = field(default_factory=list)
    """Backlog of due subscriptions, events and mails per minute."""


def simulate(load: Load, capacity: Capacity, seconds: int = DAY) -> Night:
    """Simulate until everything is done or this many seconds have passed."""
    return _Simulation(load, capacity).run(seconds)


class _Simulation:
    def __init__(self, load: Load, capacity: Capacity) -> None:
        self._load, self._capacity, self._paces = load, capacity, Paces.of(capacity)
        self._night = Night()
        self._sweeps: list[int] = []
        self._deliveries: list[int] = []
        """End times."""
        self._expired = self._events = self._mails = 0.0

    def run(self, seconds: int) -> Night:
        for second in range(1, seconds + 1):
            self._start_and_end(second)
            self._work(second)
            self._note(second)
            if self._is_over():
                break
        self._night.is_out_of_quota = self._night.mails_after is None and self._has_no_quota()
        return self._night

    def _has_no_quota(self) -> bool:
        return self._night.mails_sent >= self._capacity.mails_a_day

    def _is_over(self) -> bool:
        """Return True if all is done, or only mails over the quota are left, which pause the channel."""
        no_more = self._night.mails_after is not None or self._has_no_quota()
        return no_more and self._night.events_after is not None

    def _start_and_end(self, second: int) -> None:
        self._sweeps = [end for end in self._sweeps if end > second and self._due(second) > 0]
        self._deliveries = [end for end in self._deliveries if end > second and self._events + self._mails > 0]
        if second % int(TICK.value) == 0:
            self._sweeps += [second + SWEEP_SECONDS] * self._capacity.sweeps_a_tick
            self._deliveries += [second + DELIVERY_SECONDS] * self._capacity.deliveries_a_tick

    def _work(self, second: int) -> None:
        paces, capacity = self._paces, self._capacity
        rows = min(self._due(second), len(self._sweeps) / paces.expiry.function)
        for_events, for_mails = self._shares()
        events = min(self._events, for_events / paces.event.function, capacity.events_a_second)
        could_send = for_mails / paces.mail.function
        mails = min(self._mails, could_send, capacity.mails_a_second, capacity.mails_a_day - self._night.mails_sent)
        wanted = sum(
            number * pace.database
            for number, pace in (
                (rows, paces.expiry),
                (events, paces.event),
                (mails, paces.mail),
                (mails, paces.feedback),
            )
        )
        part = min(1.0, capacity.database_cores / wanted) if wanted else 1.0
        self._count(rows * part, events * part, mails * part)
        self._night.busiest = max(self._night.busiest, part * wanted / capacity.database_cores)
        self._blame(second, part, could_send)

    def _shares(self) -> tuple[float, float]:
        """Return the numbers of deliveries working on events and on mails, which they process in turn."""
        events, mails = (bool(waiting) for waiting in (self._events, self._mails))
        for_events = events * EVENTS_A_ROUND * self._paces.event.function
        for_mails = mails * MAILS_A_ROUND * self._paces.mail.function
        number, whole = len(self._deliveries), for_events + for_mails
        return (number * for_events / whole, number * for_mails / whole) if whole else (0.0, 0.0)

    def _count(self, rows: float, events: float, mails: float) -> None:
        self._expired += rows
        self._events += rows - events
        self._mails += rows - mails
        self._night.mails_sent += mails
        heard = mails * self._paces.feedback.function
        self._night.function_seconds += len(self._sweeps) + len(self._deliveries) + heard

    def _blame(self, second: int, part: float, could_send: float) -> None:
        blamed = self._night.held_back
        if self._sweeps and self._due(second) > 0:
            blamed[DATABASE if part < 1 else FUNCTION] += 1
        elif self._deliveries and self._mails > 0:
            if could_send > self._capacity.mails_a_second:
                blamed[RATE] += 1
            else:
                blamed[DATABASE if part < 1 else FUNCTION] += 1

    def _note(self, second: int) -> None:
        night, due = self._night, self._due(second)
        if due > 0:
            night.latest = max(night.latest, second - self._load.came(self._expired))
        elif second >= self._load.seconds and night.expired_after is None:
            night.expired_after = second
        if night.expired_after is not None:
            night.events_after = night.events_after or (second if self._events <= 0 else None)
            night.mails_after = night.mails_after or (second if self._mails <= 0 else None)
        if second % MINUTE == 0:
            night.left.append((due, self._events, self._mails))

    def _due(self, second: int) -> float:
        waiting = self._load.arrived(second) - self._expired
        return waiting if waiting > 1e-6 else 0.0
