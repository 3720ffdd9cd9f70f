"""Charts as data: what Chart.js draws, and what the table beside it says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format

Number = int | float


@dataclass(frozen=True)
class Series:
    """One line, or one colour of the bars. `colour` names a custom property of dashboard.css."""

    label: str
    values: Sequence[Number]
    colour: str


@dataclass(frozen=True)
class Chart:
    """A chart of some series over one row of labels. Bars are stacked."""

    key: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    empty: str
    """What to say where there is nothing to draw."""
    kind: str = "bar"

    @property
    def is_empty(self) -> bool:
        """Whether every value is zero."""
        return not any(any(one.values) for one in self.series)

    @property
    def rows(self) -> Iterator[tuple[str, list[Number]]]:
        """The table's rows: the label, and a value for each series."""
        for index, label in enumerate(self.labels):
            yield label, [one.values[index] for one in self.series]

    def drawing(self) -> dict[str, Any]:
        """What static/config/dashboard.js reads."""
        return {
            "key": self.key,
            "kind": self.kind,
            "labels": list(self.labels),
            "series": [{"label": one.label, "values": list(one.values), "colour": one.colour} for one in self.series],
        }


def day_labels(days: Sequence[date]) -> list[str]:
    """The days as the reader's language writes them, without the year."""
    return [date_format(day, "j M") for day in days]
