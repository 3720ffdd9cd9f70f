"""Section of docs/performance.md on the sweep."""

from collections.abc import Iterator

from benchmarks.section import Aim, Chart, Section, shown
from benchmarks.sweep.contenders import LIMIT, PROJECT, ROW_BY_ROW, SAMPLE
from benchmarks.sweep.crowd import Crowd, measure_crowd, stress
from benchmarks.sweep.ground import POSTGRESQL, SQLITE
from benchmarks.sweep.latency import Latency, measure_latency
from benchmarks.sweep.sizes import AIMED_AT, COUNTED, LARGEST, ROUNDS, Sizes, measure_sizes
from infra.postgresql import PostgreSQL

TIMES_ROW_BY_ROW = {SQLITE: 60, POSTGRESQL: 80}
TIMES_THE_LIMIT = 1.6
QUERIES = 8
TIMES_ROW_BY_ROW_FAR_AWAY = 120
MEMORY_GROWTH = 5
HELD = "Only one batch is in memory at a time; the growth is the interpreter's own."
STATEMENTS = "Each batch takes seven statements (docs/explanation/sweep.md)."
TWO_TIMES_ONE = 1.4

TEXT = f"""
Three ways to expire the same due rows, each run in a process of its own on a fresh copy of the same database, in turn.
**Row by row** is usual Django code: `save()`, a signal, look-up of the group and removal, an insert for the event and
for each of two notifications, one transaction per row; it is measured on the first {SAMPLE} rows of the same table. The
**project** is `Sweep`, with two public receivers. The **limit** is hand-written SQL for all rows at once (one statement
on PostgreSQL, one per table on SQLite), which claims nothing, calls no receiver and could not run beside anything else.
With {min(ROUNDS):,} due rows, all three are compared table by table: they write the same. As many subscriptions are
live as are due. Files are in memory if there is enough, and PostgreSQL runs without fsync, which favours row by row.
"""


def make_section() -> Section:
    """Measure everything."""
    sizes = {database: measure_sizes(database) for database in (SQLITE, POSTGRESQL)}
    print("PostgreSQL: one millisecond of latency, and concurrent sweepers ...", flush=True)
    with PostgreSQL() as server:
        latency, crowd, stressed = measure_latency(server), measure_crowd(server), stress(server)
    return Section(
        title="Sweep",
        text=f"{TEXT.strip()}\n\n{_stress_text(stressed)}",
        tables=[*(each.table() for each in sizes.values()), latency.table(), crowd.table()],
        charts=[*(each.chart() for each in sizes.values()), _crowd_chart(crowd)],
        aims=list(_aims(sizes, latency, crowd)),
        figures=_figures(sizes, latency, crowd),
        raw={"sizes": sizes, "latency": latency, "crowd": crowd, "stress": stressed},
    )


def _aims(sizes: dict[str, Sizes], latency: Latency, crowd: Crowd) -> Iterator[Aim]:
    for database, size in sizes.items():
        rate = f"{database}, {AIMED_AT:,} due, times as fast as row by row"
        yield Aim(rate, size.times_row_by_row(), TIMES_ROW_BY_ROW[database], at_least=True, because=_rest(size))
    for database, size in sizes.items():
        time = f"{database}, {AIMED_AT:,} due, times as long as the limit"
        yield Aim(time, size.times_the_limit(), TIMES_THE_LIMIT, at_least=False, because=_rest(size))
    for database, size in sizes.items():
        queries = size.queries[PROJECT]
        yield Aim(f"{database}, queries per 1,000 rows", queries, QUERIES, at_least=False, because=STATEMENTS)
    far = f"PostgreSQL with 1 ms of latency, {AIMED_AT:,} due, times as fast as row by row"
    yield Aim(
        far, latency.times_row_by_row(), TIMES_ROW_BY_ROW_FAR_AWAY, at_least=True, because=_rest(sizes[POSTGRESQL])
    )
    for database, size in sizes.items():
        growth = f"{database}, memory growth from {COUNTED:,} to {LARGEST:,} due"
        yield Aim(growth, size.memory_growth(), MEMORY_GROWTH, at_least=False, because=HELD, unit="MB")
    together = "PostgreSQL, two sweepers, times as fast as one"
    yield Aim(together, crowd.times_one(2), TWO_TIMES_ONE, at_least=True, because=_waiting(crowd))


def _rest(size: Sizes) -> str:
    """Return the distribution of the project's time beyond the limit's."""
    project, limit = (size.rounds[AIMED_AT].median(name) for name in (PROJECT, LIMIT))
    python = shown(project.cpu / project.units * 1e6)
    said = f"Of the project's {shown(project.cpu_each)} us of CPU per row (limit: {shown(limit.cpu_each)})"
    if size.database == POSTGRESQL:
        backend = shown(project.backend_cpu / project.units * 1e6)
        return f"{said} PostgreSQL takes {backend}, including locks and batches, and Python {python}."
    return (
        f"{said}, all in one process, most is work that the limit does not do: claim and read each row, create an"
        " object, and call two receivers with it."
    )


def _waiting(crowd: Crowd) -> str:
    one, two = shown(crowd.cpu_each(1)), shown(crowd.cpu_each(2))
    return (
        f"CPU per row is {one} us for one and {two} for each of two; the rest is waiting for a core: two sweepers and"
        " their backends are four processes."
    )


def _stress_text(state: dict[str, int]) -> str:
    return (
        "With eight subscriptions per user, eight sweepers, four concurrent renewing processes, and the sweep of the"
        f" next tick, {state['expired']:,} subscriptions were expired and {state['renewals']:,} renewed:"
        f" {state['deadlocks']} deadlocks, no row expired twice, {state['stale']} users kept access they had lost,"
        f" {state['missing']} lost access they had paid for."
    )


def _crowd_chart(crowd: Crowd) -> Chart:
    rounds = crowd.rounds
    labels = [f"{number} sweepers" for number in rounds.taken]
    rates = [rounds.median(number).rate for number in rounds.taken]
    return Chart("crowd", "PostgreSQL: concurrent sweepers, rows per second", labels, {"project": rates})


def _figures(sizes: dict[str, Sizes], latency: Latency, crowd: Crowd) -> dict[str, float]:
    figures = {
        "latency times row by row": latency.times_row_by_row(),
        "latency rows/s": latency.rounds.median(PROJECT).rate,
    }
    for database, size in sizes.items():
        figures[f"{database} queries/1,000"] = size.queries[PROJECT]
        figures[f"{database} times row by row"] = size.times_row_by_row()
        figures[f"{database} times the limit"] = size.times_the_limit()
        for due, rounds in size.rounds.items():
            for name in (ROW_BY_ROW, PROJECT, LIMIT):
                median = rounds.median(name)
                figures[f"{database} {due} {name} rows/s"] = median.rate
                figures[f"{database} {due} {name} client CPU us/row"] = median.cpu / median.units * 1e6
                figures[f"{database} {due} {name} backend CPU us/row"] = median.backend_cpu / median.units * 1e6
                figures[f"{database} {due} {name} peak memory bytes"] = median.peak_memory
    for number in crowd.rounds.taken:
        figures[f"{number} sweepers rows/s"] = crowd.rounds.median(number).rate
    return figures
