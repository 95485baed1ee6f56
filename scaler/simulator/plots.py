"""Pictures of runs (matplotlib, extra `plots`).

Colours are those of Okabe and Ito, which readers with any colour vision can tell apart; what
matters is told by form as well.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from scaler.simulator.arms import BOUNDS
from scaler.simulator.compare import Results, names
from scaler.simulator.ratios import Samples, interval, ratio, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scaler.simulator.scenario import Run
    from scaler.simulator.simulate import Trace

mpl.use("Agg")

_DEMAND, _READY, _ASKED, _VIOLATED, _BUSY = "#c8c8c8", "#0072B2", "#009E73", "#D55E00", "#000000"
COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7", "#8a8a00")
MARKERS = "osD^vP*Xph<>"
_MOST_POINTS = 4000
_UNITS = ((4 * 86_400, 86_400, "days"), (3 * 3600, 3600, "hours"), (0, 60, "minutes"))


def timeline(path: Path, run: Run, traces: dict[str, Trace]) -> None:
    """Replicas, demand, utilisation and violations of each policy over time, as PNG."""
    figure = Figure(figsize=(11, 0.9 + 2.5 * len(traces)), layout="constrained")
    ratios = [3, 1] * len(traces)
    axes: Any = figure.subplots(
        2 * len(traces), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios}
    )[:, 0]
    top = 1 + max(max(*t.ready, *t.spec, *t.ideal) for t in traces.values())
    width, unit = _unit(len(run.load))
    for index, (name, trace) in enumerate(traces.items()):
        _replicas(axes[2 * index], run, name, trace, width, top)
        _utilisation(axes[2 * index + 1], run, trace, width)
    legend = [axis.get_legend_handles_labels() for axis in axes[:2]]
    handles, labels = ([*upper, *lower] for upper, lower in zip(*legend, strict=True))
    figure.legend(handles, labels, loc="outside upper center", ncols=6, fontsize=9, frameon=False)
    axes[-1].set_xlabel(f"{unit} since the start of {run.scenario}, seed {run.seed}")
    axes[-1].set_xlim(0, len(run.load) / width)
    figure.savefig(path, dpi=90)


def _unit(seconds: int) -> tuple[int, str]:
    return next((width, name) for least, width, name in _UNITS if seconds >= least)


def thin(values: Sequence[float], how: Callable[[Sequence[float]], float]) -> list[float]:
    """At most so many points as a picture can show, each standing for as many seconds."""
    each = math.ceil(len(values) / _MOST_POINTS)
    return [how(values[at : at + each]) for at in range(0, len(values), each)]


def _times(seconds: int, width: int) -> list[float]:
    each = math.ceil(seconds / _MOST_POINTS)
    return [second / width for second in range(0, seconds, each)]


def _replicas(axis: Any, run: Run, name: str, trace: Trace, width: int, top: int) -> None:
    times = _times(len(trace.load), width)
    needed = [load / run.world.capacity_at_target for load in thin(trace.load, max)]
    violated = [bool(any_) for any_ in thin(trace.violated, max)]
    axis.fill_between(
        times, needed, color=_DEMAND, linewidth=0, label="demand (replicas at the target)"
    )
    axis.step(
        times,
        thin(trace.spec, max),
        where="post",
        color=_ASKED,
        linewidth=1,
        ls="--",
        label="replicas asked for",
    )
    axis.step(
        times,
        thin(trace.ready, min),
        where="post",
        color=_READY,
        linewidth=1.6,
        label="replicas ready",
    )
    axis.fill_between(
        times,
        0,
        top,
        where=violated,
        color=_VIOLATED,
        alpha=0.35,
        linewidth=0,
        step="post",
        label="SLO violated",
    )
    axis.set_ylim(0, top)
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_ylabel("replicas", fontsize=9)
    cost = sum(trace.pods) / 3600
    axis.set_title(
        f"{name}: SLO violated for {sum(trace.violated):,} s, cost {cost:.1f} pod-hours",
        fontsize=10,
        loc="left",
    )


def _utilisation(axis: Any, run: Run, trace: Trace, width: int) -> None:
    times = _times(len(trace.load), width)
    shares = [100 * share for share in thin(trace.utilisation, max)]
    target, most = run.world.target_pct, 100 * run.world.limit_m / run.world.request_m
    axis.plot(times, shares, color=_BUSY, linewidth=0.6, label="CPU of the ready pods")
    axis.axhline(target, color=_VIOLATED, linewidth=1, ls=":", label="target")
    axis.set_ylim(0, 1.1 * max(most, target))
    axis.set_yticks([0, target])
    axis.set_ylabel("CPU, %\nof request", fontsize=8)


def plane(path: Path, results: Results) -> None:
    """Cost against violations, both relative to the first policy: a small mark a scenario, a large
    one for all of them, with the range that other seeds might have given."""
    bounds = {arm.name for arm in BOUNDS}
    arms = names(results)[1]
    figure = Figure(figsize=(9.5, 6.5), layout="constrained")
    axis: Any = figure.subplots()
    for index, arm in enumerate(arms):
        style = {
            "color": COLOURS[index % len(COLOURS)],
            "marker": MARKERS[index % len(MARKERS)],
        }
        costs = samples(results, arm, arms[0], "pod_seconds")
        violations = samples(results, arm, arms[0], "violation_s", plus=1)
        if arm not in bounds:
            small = [[ratio([one]) for one in found] for found in (costs, violations)]
            axis.scatter(*small, s=24, alpha=0.5, lw=0, **style)
        _large(axis, arm, costs, violations, style)
    for line in (axis.axvline, axis.axhline):
        line(1, color="#999999", linewidth=0.8, zorder=0)
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 4 * low else MaxNLocator(6))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("")
    axis.set_xlabel(f"cost: pod-seconds, as a multiple of {arms[0]}'s")
    axis.set_ylabel(f"SLO violation: seconds + 1, as a multiple of {arms[0]}'s")
    axis.set_title(
        "Left is cheaper, down keeps the SLO better. Small: one scenario; large: mean of all,\n"
        "with the range of four in five other draws of seeds",
        fontsize=10,
    )
    axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.savefig(path, dpi=110)


def _large(axis: Any, arm: str, costs: Samples, violations: Samples, style: dict[str, str]) -> None:
    x, y = ratio(costs), ratio(violations)
    errors = [
        [[max(0.0, middle - low)], [max(0.0, high - middle)]]
        for middle, (low, high) in ((x, interval(costs)), (y, interval(violations)))
    ]
    axis.errorbar(
        *(x, y),
        xerr=errors[0],
        yerr=errors[1],
        ms=11,
        ls="",
        mec="white",
        elinewidth=1.5,
        capsize=3,
        label=arm,
        **style,
    )
