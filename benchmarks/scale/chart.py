"""Charts of docs/scale.md as SVG."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from benchmarks.charts import COLOURS
from benchmarks.scale.night import Night

MILLION = 1e6
HOUR = 60  # minutes


def draw_nights(nights: Mapping[str, Night], path: Path, hours: float) -> None:
    """Draw the backlog per minute: one panel per night, with lines for due subscriptions, events and mails."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "", "font.size": 9}):
        figure = Figure(figsize=(8, 2.2 * len(nights)), layout="constrained")
        panels = figure.subplots(len(nights), sharex=True, squeeze=False)[:, 0]
        for axes, (title, night) in zip(panels, nights.items(), strict=True):
            minutes = int(hours * HOUR)
            waiting = [*night.left, *[(0.0, 0.0, 0.0)] * minutes][:minutes]
            for number, name in enumerate(("due", "events", "mails")):
                line = [point[number] / MILLION for point in waiting]
                axes.plot([minute / HOUR for minute in range(1, minutes + 1)], line, label=name, color=COLOURS[number])
            axes.set_title(title, loc="left")
            axes.set_ylabel("millions waiting")
            axes.spines[["top", "right"]].set_visible(False)
        panels[-1].set_xlabel("hours after midnight")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
