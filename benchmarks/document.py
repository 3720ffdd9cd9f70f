"""Output of `make bench`: docs/performance.md with charts and figures, and all runs in build/benchmarks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.charts import write_chart
from benchmarks.marked_text import END, begin_mark, put_between
from benchmarks.section import Section, Table

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "make bench"


def keep(name: str, section: Section, machine: Mapping[str, str], root: Path = ROOT) -> None:
    """Replace one benchmark's section and leave the others unchanged."""
    directory = root / "docs" / "performance"
    directory.mkdir(parents=True, exist_ok=True)
    for chart in section.charts:
        write_chart(chart, directory / f"{name}-{chart.name}.svg")
    _keep_figures(directory / "figures.json", name, section, machine)
    _keep_runs(root / "build" / "benchmarks" / f"{name}.json", section, machine)
    _keep_text(root / "docs" / "performance.md", name, section, machine)


def table_lines(table: Table) -> Iterator[str]:
    """Yield the table in Markdown."""
    yield f"| {' | '.join(table.columns)} |"
    yield "|---|" + "---:|" * (len(table.columns) - 1)
    for row in table.rows:
        yield f"| {' | '.join(row)} |"


def _keep_figures(path: Path, name: str, section: Section, machine: Mapping[str, str]) -> None:
    figures = json.loads(path.read_text()) if path.exists() else {}
    figures[name] = {"machine": dict(machine), "figures": dict(section.figures)}
    path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def _keep_runs(path: Path, section: Section, machine: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": dict(machine), **asdict(section)}, indent=1) + "\n")


def _keep_text(path: Path, name: str, section: Section, machine: Mapping[str, str]) -> None:
    text, begin = path.read_text(), begin_mark(COMMAND, name)
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{END}\n"
    path.write_text(put_between(text, begin, "\n".join(_section_lines(name, section, machine))))


def _section_lines(name: str, section: Section, machine: Mapping[str, str]) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield f"{section.text}\n"
    yield f"Measured on {'; '.join(f'{what} {value}' for what, value in machine.items())}.\n"
    if section.aims:
        yield "\n".join(f"- {aim.sentence()}" for aim in section.aims) + "\n"
    for table in section.tables:
        yield f"**{table.title}**\n"
        yield "\n".join(table_lines(table)) + "\n"
    for chart in section.charts:
        yield f"![{chart.title}](performance/{name}-{chart.name}.svg)\n"
