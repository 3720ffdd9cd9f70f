"""Tables of docs/cost.md: `python -m benchmarks.costs.cost` updates them between the marks."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.costs import prices
from benchmarks.costs.measured import measured
from benchmarks.costs.operations import Operation, operations
from benchmarks.costs.prices import PRICES, Price
from benchmarks.costs.sleep import awake_hours
from benchmarks.costs.workload import (
    ALARMS_OF_AN_INSTANCE,
    ENDPOINTS_AND_ZONES,
    HOURS,
    PAGES,
    SMALLEST_CAPACITY,
    SUBSCRIBERS_OF_A_UNIT,
    Workload,
)
from benchmarks.marked_text import begin_mark, put_between

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "cost.md"
COMMAND = "python -m benchmarks.costs.cost"

MONTHS = {
    "idle": Workload(),
    "10,000": Workload(10_000),
    "100,000": Workload(100_000),
    "1,000,000": Workload(1_000_000),
}
SIZES = (0, 200, 1_000, 2_000, 20_000)
DATABASES = ("Aurora, every minute", "Aurora with the gate", "a small instance")
SMALL_INSTANCE_GIGABYTES = 20
MOST_OF_SMALL_INSTANCE = 20_000
"""Subscribers whose recent rows fit into the 1 GiB of memory of a db.t4g.micro with room to spare; assumed."""
SCHEDULES = {"every minute": 1, "every 10 minutes": 10, "every hour": 60, "every 6 hours": 360, "every day": 1440}


def month_table() -> Iterator[str]:
    """Yield dollars by service and month, after the free tier; and the total without it."""
    yield from _head("", *MONTHS)
    for service in dict.fromkeys(price.service for price in Workload().quantities()):
        yield _row(service, (_sum(month, service) for month in MONTHS.values()))
    yield _row("**total**", (_sum(month) for month in MONTHS.values()))
    yield _row("without free tier", (_sum(month, charge=Price.listed) for month in MONTHS.values()))


def schedule_table() -> Iterator[str]:
    """Yield the cost of an idle month by schedule interval, which keeps the database awake."""
    yield from _head("schedule", "database awake, hours", "idle month")
    for name, minutes in SCHEDULES.items():
        month = Workload(minutes=minutes)
        yield f"| {name} | {month.capacity_hours() * 2:,.0f} | {_sum(month):,.2f} |"


def database_table() -> Iterator[str]:
    """Yield hours awake with the gate, and without any job, and the cost of a month by size and database."""
    names = ("awake, hours", "for visitors alone", "every minute", "every hour", "gate", "small instance", "elsewhere")
    yield from _head("subscribers", *names, "take")
    for number in SIZES:
        month, gated = Workload(number), Workload(number, gate=True)
        costs = [_sum(month), _sum(gated), _with_small_instance(month)]
        hourly, elsewhere = _sum(Workload(number, minutes=60)), _sum(month) - _sum(month, "Aurora")
        awake = gated.capacity_hours() / max(SMALLEST_CAPACITY, number / SUBSCRIBERS_OF_A_UNIT)
        take = DATABASES[costs.index(min(costs))] if number <= MOST_OF_SMALL_INSTANCE else DATABASES[0]
        visited = awake_hours(number * PAGES, nights=0)
        shown = " | ".join(f"{each:,.2f}" for each in [costs[0], hourly, *costs[1:], elsewhere])
        yield f"| {number:,} | {awake:,.0f} | {visited:,.0f} | {shown} | {take} |"


def _with_small_instance(month: Workload) -> float:
    """Return the month's cost with one small instance that is always on and its alarm, instead of Aurora."""
    instance = prices.SMALL_INSTANCE_HOUR.of(HOURS) + prices.SMALL_INSTANCE_GIGABYTE.of(SMALL_INSTANCE_GIGABYTES)
    return _sum(month) - _sum(month, "Aurora") + instance + prices.ALARM.listed(ALARMS_OF_AN_INSTANCE)


def idle_table() -> Iterator[str]:
    """Yield the cost of an idle month by service and option; services that cost nothing are left out."""
    months = {
        "gate": Workload(gate=True, takes_payments=False),
        "gate, payments": Workload(gate=True),
        "payments": Workload(),
        "neither": Workload(takes_payments=False),
    }
    yield from _head("", *months)
    for service in dict.fromkeys(price.service for price in Workload().quantities()):
        if any(_sum(month, service) for month in months.values()):
            yield f"| {service} | {' | '.join(f'{_sum(month, service):,.3f}' for month in months.values())} |"
    yield _row("**total**", (_sum(month) for month in months.values()))


def extras_table() -> Iterator[str]:
    """Yield the cost of optional resources in the template, per month and independent of traffic."""
    yield from _head("option", "extra per month")
    proxy = prices.PROXY_CAPACITY_HOUR.of(8 * HOURS) + prices.CAPACITY_HOUR.of(HOURS / 2)
    for name, dollars in {
        "WayOut=ipv6": 0.0,
        "WayOut=endpoints": prices.ENDPOINT_HOUR.of(ENDPOINTS_AND_ZONES * HOURS),
        "NatGateway, one in one zone, which the template does not make": prices.NAT_HOUR.of(HOURS),
        "UseProxy=true, and the database that it keeps awake": proxy,
    }.items():
        yield f"| {name} | {dollars:,.2f} |"


def million_table() -> Iterator[str]:
    """Yield dollars per million of each operation, without the free tier."""
    million = operations()
    yield from _head("", *million)
    yield _row("CPU, ms", (each.cpu * 1000 for each in million.values()))
    yield _row("CPU of PostgreSQL, ms", (each.backend_cpu * 1000 for each in million.values()))
    yield _row("billed, ms", (each.seconds() * 1000 for each in million.values()))
    for service in dict.fromkeys(price.service for each in million.values() for price in each.quantities()):
        yield _row(service, (_million(each, service) for each in million.values()))
    yield _row("**total**", (_million(each) for each in million.values()))


def measured_table() -> Iterator[str]:
    """Yield the measured figures behind the other tables, and their dates."""
    yield "| per unit | | measured |"
    yield "|---|---:|---:|"
    for name, figure in measured().items():
        value = f"{figure.value * 1000:.3g} ms" if figure.unit == "s" else f"{figure.value:.3g} {figure.unit}".rstrip()
        yield f"| {name} | {value} | {figure.date or 'assumed'} |"


def price_table() -> Iterator[str]:
    """Yield each price with its source, who that is, and its date."""
    yield "| service | unit | dollars | free per month | named by | source | its date |"
    yield "|---|---|---:|---:|---|---|---|"
    for price in PRICES:
        amount = f"{price.amount:.10f}".rstrip("0").rstrip(".")
        free = f"{price.free:,.0f}" if price.free else ""
        source = price.source if price.source == prices.UNVERIFIED else f"<{price.source}>"
        named = f"{price.origin} | {source} | {price.read or 'undated'}"
        yield f"| {price.service} | {price.unit} | {amount} | {free} | {named} |"


TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "months": month_table,
    "schedules": schedule_table,
    "idle": idle_table,
    "databases": database_table,
    "extras": extras_table,
    "millions": million_table,
    "measured": measured_table,
    "prices": price_table,
}


def fill(text: str) -> str:
    """Return the document with updated tables. Raises ValueError if a mark is missing."""
    for name, table in TABLES.items():
        text = put_between(text, begin_mark(COMMAND, name), "\n".join(table()))
    return text


def main() -> int:
    """Update the tables in docs/cost.md."""
    DOCUMENT.write_text(fill(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _sum(month: Workload, service: str = "", charge: Callable[[Price, float], float] = Price.of) -> float:
    quantities = month.quantities().items()
    return sum(charge(price, quantity) for price, quantity in quantities if service in ("", price.service))


def _million(operation: Operation, service: str = "") -> float:
    quantities = operation.quantities().items()
    return sum(price.listed(1e6 * number) for price, number in quantities if service in ("", price.service))


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---|" + "---:|" * (len(names) - 1)


def _row(name: str, dollars: Iterable[float]) -> str:
    return f"| {name} | {' | '.join(f'{each:,.2f}' for each in dollars)} |"


if __name__ == "__main__":
    sys.exit(main())
