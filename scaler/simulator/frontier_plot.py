"""The picture of frontiers: cost against violation, a line a policy (matplotlib)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from scaler.simulator.compare import names
from scaler.simulator.frontier import Points, frontier, own
from scaler.simulator.frontier_report import REFERENCES
from scaler.simulator.plots import COLOURS, MARKERS

if TYPE_CHECKING:
    from pathlib import Path

_ROW = 2  # loads side by side


def frontiers(path: Path, points: Points) -> None:
    """A picture a load, as PNG; the large mark is the policy's own target."""
    scenarios, arms = names(points)
    columns = min(_ROW, len(scenarios))
    rows = math.ceil(len(scenarios) / columns)
    figure = Figure(figsize=(1 + 6.5 * columns, 1.2 + 4.2 * rows), layout="constrained")
    axes: Any = figure.subplots(rows, columns, squeeze=False).flat
    for axis, scenario in zip(axes, scenarios, strict=False):
        _load(axis, scenario, {arm: points[scenario, arm] for arm in arms})
    for axis in list(axes)[len(scenarios) :]:
        axis.set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4 * columns, frameon=False)
    figure.suptitle(
        "Left is cheaper, down keeps the SLO better; each line varies a policy's target.\n"
        "Large mark: its own target. Faint: targets that another of its own beats in both.",
        fontsize=10,
    )
    figure.savefig(path, dpi=100)


def _load(axis: Any, scenario: str, lines: dict[str, Any]) -> None:
    for index, (arm, points) in enumerate(lines.items()):
        style = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
        faint, line = (
            ([p.pod_seconds / 3600 for p in some], [p.violation_s + 1 for p in some])
            for some in (points, frontier(points))
        )
        axis.scatter(*faint, s=10, alpha=0.3, lw=0, **style)
        axis.plot(*line, ms=4, lw=1.4, label=arm, ls="--" if arm in REFERENCES else "-", **style)
        chosen = own(points)
        axis.plot(chosen.pod_seconds / 3600, chosen.violation_s + 1, ms=11, mec="white", **style)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.25)
    axis.set_title(scenario, fontsize=10, loc="left")
    axis.set_xlabel("cost, pod-hours")
    axis.set_ylabel("SLO violated, seconds + 1")
