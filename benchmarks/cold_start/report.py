"""Section on the cold start."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

from benchmarks.cold_start.phases import NAMES, Phases
from benchmarks.measurement import Measurement
from benchmarks.rounds import Rounds
from benchmarks.section import Aim, Chart, Section, Table

PROJECT, STOCK, BARE = "project", "stock", "bare Django"
MOST_OF_STOCK, MOST_OF_BARE = 0.3, 1.3
FIGURES = {"CPU": attrgetter("cpu"), "wall": attrgetter("wall")}
MILLISECOND = 1e-3
PHASES = "The second table shows the phases."

TEXT = """\
Time from the start of the process to its first response: a GET of `/healthz`, which needs all URLs of the site and no
database. Each package is unpacked and started under Lambda's own runtime client (`awslambdaric`), in turn, ten times.
**stock** is the result of plain `zappa package` for the same project: no hooks, and Zappa's own handler. **bare
Django** is the limit: one page, `django.contrib.auth`, the same database driver and no middleware, behind the same
handler and packaged by the same steps. The files are in this machine's memory; on Lambda a new sandbox first downloads
the zip: {zips}.

In the second table each moment belongs to the package whose module is being executed; a module of the standard library
belongs to its first importer. The third table has other first events, on PostgreSQL: the first event determines which
modules are imported."""


@dataclass(frozen=True)
class Results:
    """Measurements: starts and phases by package, starts with other first events by title."""

    starts: Rounds
    phases: Mapping[str, Phases]
    others: Mapping[str, Rounds]
    megabytes: Mapping[str, float]
    """Size of each zip."""


def report(results: Results) -> Section:
    """Return the section."""
    zips = ", ".join(f"{name} {size:.1f} MB" for name, size in results.megabytes.items())
    return Section(
        title="Cold start",
        text=TEXT.format(zips=zips),
        tables=[_starts_table(results.starts), _phases_table(results.phases), _others_table(results.others)],
        charts=[_chart(results.phases)],
        aims=list(_aims(results.starts)),
        figures=_figures(results),
        raw={
            "starts": _raw(results.starts),
            "phases": results.phases,
            "others": {title: _raw(rounds) for title, rounds in results.others.items()},
        },
    )


def _starts_table(starts: Rounds) -> Table:
    rows = []
    for name in starts.taken:
        shares = [f"{starts.ratio(name, other, FIGURES['CPU']):.2f}" for other in (STOCK, BARE)]
        rows.append([name, *_milliseconds(starts.median(name)), *shares])
    return Table(
        "Process start to first response", ["", "CPU, ms", "wall, ms", "of stock's CPU", "of bare's CPU"], rows
    )


def _phases_table(phases: Mapping[str, Phases]) -> Table:
    columns = [f"{name}, {figure} ms" for name in phases for figure in FIGURES]
    rows = [
        [phase, *(f"{value / MILLISECOND:.0f}" for taken in phases.values() for value in taken[phase])]
        for phase in NAMES
    ]
    return Table("Phases", ["", *columns], rows)


def _others_table(others: Mapping[str, Rounds]) -> Table:
    columns = [f"{name}, {figure} ms" for name in (PROJECT, STOCK) for figure in FIGURES]
    rows = [
        [title, *(cell for name in (PROJECT, STOCK) for cell in _milliseconds(rounds.median(name)))]
        for title, rounds in others.items()
    ]
    return Table("Other first events", ["", *columns], rows)


def _chart(phases: Mapping[str, Phases]) -> Chart:
    series = {name: [taken[phase][0] / MILLISECOND for phase in NAMES] for name, taken in phases.items()}
    return Chart("phases", "CPU of a cold start by phase, ms", NAMES, series)


def _aims(starts: Rounds) -> Iterator[Aim]:
    for other, bound in ((STOCK, MOST_OF_STOCK), (BARE, MOST_OF_BARE)):
        for name, figure in FIGURES.items():
            measured = starts.ratio(PROJECT, other, figure)
            yield Aim(f"{name}, as a multiple of {other}", measured, bound, at_least=False, because=PHASES)


def _figures(results: Results) -> dict[str, float]:
    """Return the figures in seconds, and the zip in megabytes."""
    figures = {
        f"{name}: {figure}": read(results.starts.median(name))
        for name in results.starts.taken
        for figure, read in FIGURES.items()
    }
    figures |= {f"{title}: CPU": rounds.median(PROJECT).cpu for title, rounds in results.others.items()}
    return figures | {f"{PROJECT}: zip": results.megabytes[PROJECT]}


def _milliseconds(measurement: Measurement) -> list[str]:
    return [f"{read(measurement) / MILLISECOND:.0f}" for read in FIGURES.values()]


def _raw(rounds: Rounds) -> dict[str, Any]:
    return {name: [asdict(measurement) for measurement in taken] for name, taken in rounds.taken.items()}
