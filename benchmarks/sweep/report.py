"""The section of docs/performance.md on the sweep."""

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
HELD = "One batch is all that is held at once; what grows is the interpreter's own."
STATEMENTS = "Each batch takes seven statements (docs/explanation/sweep.md)."
TWO_TIMES_ONE = 1.4

TEXT = f"""
The same due rows are expired in three ways, each run in a process of its own on a fresh copy of the same database, in
turn. **Row by row** is what Django code usually does: `save()`, a signal, look-up of the group and removal, an insert
for the event and for each of two notifications, a transaction a row; it is measured over the first {SAMPLE} rows of the
same table. The **project** is `Sweep`, with two public receivers. The **limit** is hand-made SQL over all rows at once
(one statement on PostgreSQL, one a table on SQLite), which claims nothing, tells nobody in Python and could not run
beside anything else. At {min(ROUNDS):,} due rows all three are compared table by table: they write the same. As many
subscriptions are live as are due. Files lie in memory where there is enough and PostgreSQL does without fsync, which
spares row by row most.
"""


def make_section() -> Section:
    """Measure it all."""
    sizes = {database: measure_sizes(database) for database in (SQLITE, POSTGRESQL)}
    print("PostgreSQL: a millisecond away, and several sweepers at once ...", flush=True)
    with PostgreSQL() as server:
        latency, crowd, stressed = measure_latency(server), measure_crowd(server), stress(server)
    return Section(
        title="The sweep",
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
    far = f"PostgreSQL a millisecond away, {AIMED_AT:,} due, times as fast as row by row"
    yield Aim(
        far, latency.times_row_by_row(), TIMES_ROW_BY_ROW_FAR_AWAY, at_least=True, because=_rest(sizes[POSTGRESQL])
    )
    for database, size in sizes.items():
        growth = f"{database}, growth of memory from {COUNTED:,} to {LARGEST:,} due"
        yield Aim(growth, size.memory_growth(), MEMORY_GROWTH, at_least=False, because=HELD, unit="MB")
    together = "PostgreSQL, two sweepers, times one"
    yield Aim(together, crowd.times_one(2), TWO_TIMES_ONE, at_least=True, because=_waiting(crowd))


def _rest(size: Sizes) -> str:
    """Where the project's time beyond the limit's goes."""
    project, limit = (size.rounds[AIMED_AT].median(name) for name in (PROJECT, LIMIT))
    python = shown(project.cpu / project.units * 1e6)
    said = f"Of the project's {shown(project.cpu_each)} us of CPU a row (limit: {shown(limit.cpu_each)})"
    if size.database == POSTGRESQL:
        backend = shown(project.backend_cpu / project.units * 1e6)
        return f"{said} PostgreSQL takes {backend}, locks and batches included, and Python {python}."
    return (
        f"{said}, all in one process, what the limit does not do is the greater part: claim and read each row, make an"
        " object of it, and call two receivers with it."
    )


def _waiting(crowd: Crowd) -> str:
    one, two = shown(crowd.cpu_each(1)), shown(crowd.cpu_each(2))
    return (
        f"CPU a row is {one} us for one and {two} for each of two; the rest is waiting for a core: two sweepers and"
        " their backends are four processes."
    )


def _stress_text(state: dict[str, int]) -> str:
    return (
        "With eight subscriptions a user, eight sweepers and four processes that renew meanwhile, and the sweep of the"
        f" next tick, {state['expired']:,} subscriptions are expired and {state['renewals']:,} were renewed:"
        f" {state['deadlocks']} deadlocks, no row expired twice, {state['stale']} kept access that had ended,"
        f" {state['missing']} lost access that was paid for."
    )


def _crowd_chart(crowd: Crowd) -> Chart:
    rounds = crowd.rounds
    labels = [f"{number} at once" for number in rounds.taken]
    rates = [rounds.median(number).rate for number in rounds.taken]
    return Chart("crowd", "PostgreSQL: several sweepers, rows a second", labels, {"project": rates})


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
