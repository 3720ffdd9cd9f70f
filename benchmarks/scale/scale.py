"""Tables and charts of docs/scale.md: `python -m benchmarks.scale.scale` updates them."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.marked_text import begin_mark, put_between
from benchmarks.scale.chart import draw_nights
from benchmarks.scale.tables import (
    A_TENTH,
    LARGEST,
    limit_table,
    night,
    rate_table,
    size_table,
    stage_table,
    stages,
    storage_table,
)

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "scale.md"
CHART = DOCUMENT.parent / "scale" / "night.svg"
COMMAND = "python -m benchmarks.scale.scale"
HOURS = 6
"""Hours shown in the chart."""

TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "rates": rate_table,
    "sizes": size_table,
    "stages": stage_table,
    "storage": storage_table,
    "limits": limit_table,
}


def fill(text: str) -> str:
    """Return the document with updated tables. Raises ValueError if a mark is missing."""
    for name, table in TABLES.items():
        text = put_between(text, begin_mark(COMMAND, name), "\n".join(table()))
    return text


def main() -> int:
    """Update tables and chart."""
    DOCUMENT.write_text(fill(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    CHART.parent.mkdir(exist_ok=True)
    drawn = [*stages().items()]
    draw_nights({name: night(LARGEST // A_TENTH, capacity) for name, capacity in (drawn[0], drawn[-1])}, CHART, HOURS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
