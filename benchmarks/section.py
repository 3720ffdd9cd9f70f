"""What a benchmark hands back: one section of docs/performance.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def shown(value: float, unit: str = "") -> str:
    """The figure with three significant digits, or all of those before the point."""
    return f"{value:,.0f} {unit}".rstrip() if abs(value) >= 100 else f"{value:.3g} {unit}".rstrip()


@dataclass(frozen=True)
class Table:
    """Cells as they are shown. The first column is the rows' names."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """Bars in groups: `series` has one value for each of `labels`. `name` becomes a file's."""

    name: str
    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    logarithmic: bool = False


@dataclass(frozen=True)
class Aim:
    """A figure that was aimed at. `because` is what bounds it, told only where the aim is missed."""

    what: str
    measured: float
    bound: float
    at_least: bool
    because: str = ""
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it was reached."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def sentence(self) -> str:
        """Whether it was reached, and if not, by how much and why."""
        wish = f"{'at least' if self.at_least else 'at most'} {shown(self.bound, self.unit)}"
        told = f"{self.what}: {shown(self.measured, self.unit)} ({wish})."
        if self.is_met:
            return f"Met: {told}"
        share = abs(self.measured - self.bound) / self.bound
        return f"**Missed by {share:.0%}**: {told} {self.because}".rstrip()


@dataclass(frozen=True)
class Section:
    """One benchmark's answer. `text` (Markdown) says what was done and what the figures mean.

    `figures` are plain numbers under flat names, for whoever reckons on with them (docs/performance/figures.json);
    `raw` is anything JSON can hold, every single run for instance, and is kept in build/ only.
    """

    title: str
    text: str
    tables: Sequence[Table]
    charts: Sequence[Chart] = ()
    aims: Sequence[Aim] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    raw: Any = None
