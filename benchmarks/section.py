"""Section of docs/performance.md, as returned by a benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def shown(value: float, unit: str = "") -> str:
    """Return the figure with three significant digits, or all digits before the point."""
    return f"{value:,.0f} {unit}".rstrip() if abs(value) >= 100 else f"{value:.3g} {unit}".rstrip()


@dataclass(frozen=True)
class Table:
    """Table with formatted cells. The first column contains the row names."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """Grouped bar chart: `series` has one value per label. `name` becomes part of the file name."""

    name: str
    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    logarithmic: bool = False


@dataclass(frozen=True)
class Aim:
    """Target for a figure. `because` names the bottleneck, shown only if the target is missed."""

    what: str
    measured: float
    bound: float
    at_least: bool
    because: str = ""
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """True if the target is met."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def sentence(self) -> str:
        """Return a sentence that says whether the target is met, and if not, by how much and why."""
        wish = f"{'at least' if self.at_least else 'at most'} {shown(self.bound, self.unit)}"
        told = f"{self.what}: {shown(self.measured, self.unit)} ({wish})."
        if self.is_met:
            return f"Met: {told}"
        share = abs(self.measured - self.bound) / self.bound
        return f"**Missed by {share:.0%}**: {told} {self.because}".rstrip()


@dataclass(frozen=True)
class Section:
    """Result of a benchmark. `text` (Markdown) describes the method and the meaning of the figures.

    `figures` are plain numbers under flat names, for further calculations (docs/performance/figures.json); `raw` is any
    JSON value, such as every single run, and is stored in build/ only.
    """

    title: str
    text: str
    tables: Sequence[Table]
    charts: Sequence[Chart] = ()
    aims: Sequence[Aim] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    raw: Any = None
