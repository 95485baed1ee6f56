"""Pictures of runs (matplotlib, extra `plots`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scaler.simulator.compare import Results
    from scaler.simulator.simulate import Trace

mpl.use("Agg")

_VIOLATED = "#d62728"


def timeline(path: Path, title: str, traces: Mapping[str, Trace]) -> None:
    """Replicas, demand, utilisation and violations of each policy over time, as PNG."""
    figure = Figure(figsize=(11, 2.4 * len(traces)), layout="constrained")
    axes: Any = figure.subplots(len(traces), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axis, (name, trace) in zip(axes, traces.items(), strict=True):
        _panel(axis, name, trace)
    axes[0].legend(loc="upper right", ncols=5, fontsize=8)
    axes[-1].set_xlabel("minutes")
    figure.suptitle(title)
    figure.savefig(path, dpi=90)


def _panel(axis: Any, name: str, trace: Trace) -> None:
    minutes = [second / 60 for second in range(len(trace.load))]
    axis.fill_between(minutes, trace.load, color="#bbbbbb", label="load, pods' worth")
    axis.step(minutes, trace.ideal, color="#555555", linewidth=0.6, label="ideal")
    axis.step(minutes, trace.ready, color="#1f77b4", linewidth=1.2, label="ready replicas")
    top = max(*trace.spec, *trace.ideal) + 1
    axis.fill_between(
        minutes, 0, top, where=trace.violated, color=_VIOLATED, alpha=0.25, label="SLO violated"
    )
    axis.set_ylim(0, top)
    share = axis.twinx()
    share.plot(minutes, [100 * u for u in trace.utilisation], color="#2ca02c", linewidth=0.5)
    share.set_ylim(0, 200)
    share.set_ylabel("utilisation, %", fontsize=8, color="#2ca02c")
    axis.set_ylabel("replicas", fontsize=8)
    axis.set_title(f"{name}: SLO violated for {sum(trace.violated)} s", fontsize=9, loc="left")


def plane(path: Path, results: Results) -> None:
    """Cost against violations: a small point a scenario and policy, a large one a policy."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    axis: Any = figure.subplots()
    for index, arm in enumerate(dict.fromkeys(arm for _, arm in results)):
        points = [scores for (_, name), scores in results.items() if name == arm]
        costs = [[one.pod_seconds / 3600 for one in scores] for scores in points]
        harms = [[one.violation_s + 1 for one in scores] for scores in points]
        x, y = [_mean(v) for v in costs], [_mean(v) for v in harms]
        axis.scatter(x, y, s=14, color=f"C{index}", alpha=0.5)
        axis.scatter(_mean(x), _geometric(y), s=140, marker="X", color=f"C{index}", label=arm)
    axis.set_yscale("log")
    axis.set_xlabel("cost, pod-hours a run")
    axis.set_ylabel("SLO violated, seconds a run + 1")
    axis.set_title("Left and down is better; small: one scenario, large: over all")
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _geometric(values: list[float]) -> float:
    product = 1.0
    for value in values:
        product *= value ** (1 / len(values))
    return product
