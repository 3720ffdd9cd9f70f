"""Bar charts as SVG."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.section import Chart, shown

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Paul Tol's bright scheme, suitable for colour-blind readers: https://personal.sron.nl/~pault/"""

GROUP = 0.8
"""Width of a group of bars; groups are 1 apart."""


def write_chart(chart: Chart, path: Path) -> None:
    """Draw labelled groups of bars on white, to be readable on a dark page too."""
    # Keep text as text, and the file identical for identical figures.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "", "font.size": 9}):
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(chart.title)
        axes.set_yscale("log" if chart.logarithmic else "linear")
        axes.set_xticks(range(len(chart.labels)), chart.labels)
        axes.margins(y=0.12)
        _draw_bars(axes, chart)
        figure.legend(loc="outside lower center", ncols=len(chart.series), frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_bars(axes: Axes, chart: Chart) -> None:
    width = GROUP / len(chart.series)
    for number, (name, values) in enumerate(chart.series.items()):
        places = [group - GROUP / 2 + width * (number + 0.5) for group, value in enumerate(values) if value is not None]
        heights = [value for value in values if value is not None]
        bars = axes.bar(places, heights, width * 0.9, label=name, color=COLOURS[number])
        axes.bar_label(bars, labels=[shown(height) for height in heights], fontsize=7)
