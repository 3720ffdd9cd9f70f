"""Makes the tables of docs/cost.md: `python -m benchmarks.costs.cost` writes them anew between the marks."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.costs import prices
from benchmarks.costs.measured import measured
from benchmarks.costs.operations import Operation, operations
from benchmarks.costs.prices import PRICES, Price
from benchmarks.costs.workload import ENDPOINTS_AND_ZONES, HOURS, Workload
from benchmarks.marked_text import begin_mark, put_between

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "cost.md"
COMMAND = "python -m benchmarks.costs.cost"

MONTHS = {
    "idle": Workload(),
    "10,000": Workload(10_000),
    "100,000": Workload(100_000),
    "1,000,000": Workload(1_000_000),
}
SCHEDULES = {"every minute": 1, "every 10 minutes": 10, "every hour": 60, "every 6 hours": 360, "every day": 1440}


def month_table() -> Iterator[str]:
    """Dollars by service and month, what is free taken away; and the sum without that."""
    yield from _head("", *MONTHS)
    for service in dict.fromkeys(price.service for price in Workload().quantities()):
        yield _row(service, (_sum(month, service) for month in MONTHS.values()))
    yield _row("**together**", (_sum(month) for month in MONTHS.values()))
    yield _row("with nothing free", (_sum(month, charge=Price.listed) for month in MONTHS.values()))


def schedule_table() -> Iterator[str]:
    """An idle month by the interval of the schedule, which is what keeps the database awake."""
    yield from _head("schedule", "database awake, hours", "idle month")
    for name, minutes in SCHEDULES.items():
        month = Workload(minutes=minutes)
        yield f"| {name} | {month.capacity_hours() * 2:,.0f} | {_sum(month):,.2f} |"


def extras_table() -> Iterator[str]:
    """What the template can add, by the month and whether or not anything is sent."""
    yield from _head("with", "a month more")
    proxy = prices.PROXY_CAPACITY_HOUR.of(8 * HOURS) + prices.CAPACITY_HOUR.of(HOURS / 2)
    for name, dollars in {
        "WayOut=ipv6": 0.0,
        "WayOut=endpoints": prices.ENDPOINT_HOUR.of(ENDPOINTS_AND_ZONES * HOURS),
        "a NAT gateway in one zone, which the template does not have": prices.NAT_HOUR.of(HOURS),
        "UseProxy=true, and the database that it keeps awake": proxy,
    }.items():
        yield f"| {name} | {dollars:,.2f} |"


def million_table() -> Iterator[str]:
    """Dollars for a million of each operation, nothing free."""
    million = operations()
    yield from _head("", *million)
    yield _row("CPU, ms", (each.cpu * 1000 for each in million.values()))
    yield _row("CPU of PostgreSQL, ms", (each.backend_cpu * 1000 for each in million.values()))
    yield _row("billed, ms", (each.seconds() * 1000 for each in million.values()))
    for service in dict.fromkeys(price.service for each in million.values() for price in each.quantities()):
        yield _row(service, (_million(each, service) for each in million.values()))
    yield _row("**together**", (_million(each) for each in million.values()))


def measured_table() -> Iterator[str]:
    """What the other tables are reckoned from, and where it is from."""
    yield "| of one | | measured |"
    yield "|---|---:|---:|"
    for name, figure in measured().items():
        value = f"{figure.value * 1000:.3g} ms" if figure.unit == "s" else f"{figure.value:.3g} {figure.unit}".rstrip()
        yield f"| {name} | {value} | {figure.date or 'assumed'} |"


def price_table() -> Iterator[str]:
    """Each price with its source."""
    yield "| service | unit | dollars | free a month | source | its date |"
    yield "|---|---|---:|---:|---|---|"
    for price in PRICES:
        amount = f"{price.amount:.10f}".rstrip("0").rstrip(".")
        free = f"{price.free:,.0f}" if price.free else ""
        source = price.source if price.source == prices.UNVERIFIED else f"<{price.source}>"
        yield f"| {price.service} | {price.unit} | {amount} | {free} | {source} | {price.read or 'none'} |"


TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "months": month_table,
    "schedules": schedule_table,
    "extras": extras_table,
    "millions": million_table,
    "measured": measured_table,
    "prices": price_table,
}


def fill(text: str) -> str:
    """The document with its tables made anew. Raises ValueError where a mark is missing."""
    for name, table in TABLES.items():
        text = put_between(text, begin_mark(COMMAND, name), "\n".join(table()))
    return text


def main() -> int:
    """Write the tables into docs/cost.md."""
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
