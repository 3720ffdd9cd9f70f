"""Tables of docs/scale.md."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from benchmarks.costs import operations, prices
from benchmarks.costs.measured import measured
from benchmarks.costs.operations import FEEDBACK, MEGABYTES_OF_A_CORE, MEMORY_MEGABYTES, Operation
from benchmarks.costs.workload import FEEDBACK_DAYS
from benchmarks.scale.capacity import DATABASE_UNITS, Capacity
from benchmarks.scale.limits import LIMITS, UNITS
from benchmarks.scale.night import DAY, Load, Night, simulate

A_TENTH = 10
"""Inverse share of subscriptions that end in the night."""

SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
LARGEST = SIZES[-1]
GIGABYTE = 1e9
YEAR_EVENTS, YEAR_REMINDERS = 14.4, 18
"""Events and reminders per subscriber and year; benchmarks/costs/workload.py has them per month."""

NOTIFICATIONS_OF_AN_EVENT = 2


def stages() -> dict[str, Capacity]:
    """Return deployments with cumulative changes, until ten million ends at once are handled in time."""
    turned: dict[str, Capacity] = {"as it is deployed": Capacity()}
    for name, change in {
        "SES: 1,000 per second, 20 million per day": {"mails_a_second": 1_000.0, "mails_a_day": 2e7},
        "ten deliveries per tick": {"deliveries_a_tick": 10},
        "database of 32 units": {"database_units": 32.0},
        "four sweeps per tick": {"sweeps_a_tick": 4},
        "SES: 5,000 per second": {"mails_a_second": 5_000.0},
        "fifty deliveries per tick": {"deliveries_a_tick": 50},
        "database of 64 units": {"database_units": 64.0},
    }.items():
        turned[f"+ {name}"] = replace(list(turned.values())[-1], **change)  # type: ignore[arg-type] # its own fields
    return turned


@cache
def night(due: int, capacity: Capacity) -> Night:
    """Return the simulation with all ends at midnight."""
    return simulate(Load(due), capacity)


def rate_table() -> Iterator[str]:
    """Yield the rates of one sandbox and one database."""
    yield from _head(
        "per second",
        f"one sandbox, {MEMORY_MEGABYTES} MB",
        f"one sandbox, {MEGABYTES_OF_A_CORE:,} MB",
        f"database of {DATABASE_UNITS} units",
        f"database of {UNITS.value:.0f} units",
    )
    for name, operation in _operations().items():
        sandboxes = (1 / operation.seconds(megabytes) for megabytes in (MEMORY_MEGABYTES, MEGABYTES_OF_A_CORE))
        capacities = (Capacity(database_units=units) for units in (DATABASE_UNITS, UNITS.value))
        databases = (capacity.database_cores / operation.backend_cpu for capacity in capacities)
        yield _row(name, (f"{rate:,.0f}" for rate in (*sandboxes, *databases)))


def size_table() -> Iterator[str]:
    """Yield the night by number of subscriptions, with the default deployment."""
    yield from _head("subscriptions", "end at midnight", *NIGHT_COLUMNS)
    for size in SIZES:
        yield _row(f"{size:,}", [f"{size // A_TENTH:,}", *_cells(night(size // A_TENTH, Capacity()), Capacity())])


def stage_table() -> Iterator[str]:
    """Yield the largest night with cumulative changes."""
    yield from _head("change", *NIGHT_COLUMNS)
    for name, capacity in stages().items():
        yield _row(name, _cells(night(LARGEST // A_TENTH, capacity), capacity))


def storage_table() -> Iterator[str]:
    """Yield rows and bytes by number of subscribers."""
    yield from _head("", *(f"{size:,}" for size in SIZES))
    events, notifications = YEAR_EVENTS, YEAR_EVENTS * NOTIFICATIONS_OF_AN_EVENT + YEAR_REMINDERS
    bytes_each = {name: figure.value for name, figure in measured().items() if figure.unit == "bytes"}
    standing = bytes_each["user"] + bytes_each["membership"] + bytes_each["subscription"]
    yearly = events * bytes_each["event"] + notifications * bytes_each["notification"]
    yield _row("users, memberships, subscriptions, GB", (f"{size * standing / GIGABYTE:,.1f}" for size in SIZES))
    yield _row("events of a year, rows", (f"{size * events:,.0f}" for size in SIZES))
    yield _row("notifications of a year, rows", (f"{size * notifications:,.0f}" for size in SIZES))
    yield _row("a year's history, GB", (f"{size * yearly / GIGABYTE:,.1f}" for size in SIZES))
    feedback = (events + YEAR_REMINDERS) * FEEDBACK * FEEDBACK_DAYS / 365 * bytes_each["SES event"]
    yield _row(f"SES feedback of {FEEDBACK_DAYS} days, GB", (f"{size * feedback / GIGABYTE:,.1f}" for size in SIZES))


def limit_table() -> Iterator[str]:
    """Yield the AWS quotas."""
    yield "| | by default | more | source |"
    yield "|---|---:|---|---|"
    for limit in LIMITS:
        yield f"| {limit.of} | {limit.value:,.0f} | {limit.more} | <{limit.source}> |"


NIGHT_COLUMNS = (
    "expired after",
    "events out after",
    "mails out after",
    "database busy",
    "main bottleneck",
    "Lambda, $",
)


def _cells(passed: Night, capacity: Capacity) -> Iterator[str]:
    yield _time(passed.expired_after)
    yield _time(passed.events_after)
    yield _time(passed.mails_after) if passed.mails_after else f"{passed.mails_sent:,.0f} on the first day"
    yield f"{passed.busiest:.0%}"
    yield (
        "SES's daily quota" if passed.is_out_of_quota else next(iter(dict(passed.held_back.most_common(1))), "nothing")
    )
    yield f"{prices.LAMBDA_SECOND.listed(passed.function_seconds * capacity.memory_megabytes / 1024):,.2f}"


def _operations() -> Mapping[str, Operation]:
    named = operations.operations()
    return {
        "expiries": operations.sweep(),
        "mails": operations.mail(),
        "events": operations.event(),
        "pages of plans": named["page of plans"],
        "API, subscribe": named["API, subscribe"],
        "sign in": named["sign in"],
    }


def _time(seconds: int | None) -> str:
    if seconds is None:
        return f"more than {DAY // 3600} h"
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---|" + "---:|" * (len(names) - 1)


def _row(name: str, cells: Iterable[str] | Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
