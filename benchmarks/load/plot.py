"""The ratios as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.load.arms import ALL
from benchmarks.load.bounds import HOLD_TO
from benchmarks.load.rows import ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.load.results import Results

_COLOURS: Final = {
    "gateway": "#c2410c", "nginx": "#1f2937", "haproxy": "#2563eb", "envoy": "#7c3aed",
    "traefik": "#0891b2", "caddy": "#16a34a", "forwarder": "#9ca3af", "beside": "#f59e0b",
}  # fmt: skip
_MARKS: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


def plot(results: Results, file: Path) -> None:
    """A line a row: where each arm is, nginx at 1, and a mark where the gateway is to be."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    rows = [row for row in reversed(ROWS) if results.ratio(row.name, "gateway")]
    figure, axes = plt.subplots(figsize=(10, 1.2 + 0.42 * len(rows)), layout="constrained")
    for arm in ALL:
        found = [(place, results.ratio(row.name, arm)) for place, row in enumerate(rows)]
        points = [(ratio, place) for place, ratio in found if ratio]
        axes.errorbar(
            [one.middle for one, _ in points],
            [place for _, place in points],
            xerr=[
                [one.middle - one.low for one, _ in points],
                [one.high - one.middle for one, _ in points],
            ],
            fmt="o", color=_COLOURS[arm], markersize=8 if arm == "gateway" else 5, label=arm,
        )  # fmt: skip
    limits = [(HOLD_TO[row.name], place) for place, row in enumerate(rows) if row.name in HOLD_TO]
    axes.plot(*zip(*limits, strict=True), "|", color=_COLOURS["gateway"], markersize=16,
              label="hold to") if limits else None  # fmt: skip
    axes.axvline(1, color=_COLOURS["nginx"], linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xticks(_MARKS, [f"{mark:g}" for mark in _MARKS])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [row.title for row in rows])
    axes.set_xlabel("CPU of a unit of work, × nginx (median of rounds, quartiles); left is less")
    axes.grid(axis="x", linewidth=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.1), ncols=8, frameon=False)
    figure.savefig(file, dpi=110)
    plt.close(figure)
