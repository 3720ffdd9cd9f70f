"""Chart data for Chart.js and for the table below each chart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format

Number = int | float


@dataclass(frozen=True)
class Series:
    """One line, or one colour in stacked bars. `colour` names a custom property in dashboard.css."""

    label: str
    values: Sequence[Number]
    colour: str


@dataclass(frozen=True)
class Chart:
    """Chart of several series over the same labels. Bars are stacked."""

    key: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    empty: str
    """Text to show when there is nothing to draw."""
    kind: str = "bar"
    is_wide: bool = False
    scale: str = "linear"
    """Of the values, as Chart.js names it: "logarithmic" keeps small ones visible beside an outlier."""

    @property
    def is_empty(self) -> bool:
        return not any(any(one.values) for one in self.series)

    @property
    def rows(self) -> Iterator[tuple[str, list[Number]]]:
        """Yield the table rows: the label and one value per series."""
        for index, label in enumerate(self.labels):
            yield label, [one.values[index] for one in self.series]

    def drawing(self) -> dict[str, Any]:
        """Return the object that static/config/dashboard.js reads."""
        return {
            "key": self.key,
            "kind": self.kind,
            "scale": self.scale,
            "labels": list(self.labels),
            "series": [{"label": one.label, "values": list(one.values), "colour": one.colour} for one in self.series],
        }


def day_labels(days: Sequence[date]) -> list[str]:
    """Return the days in the reader's language, without the year."""
    return [date_format(day, "j M") for day in days]
