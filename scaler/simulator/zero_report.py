"""What `zero_after` would save and cost, in words and in a table."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from scaler.simulator.arms import ARMS
from scaler.simulator.simulate import simulate
from scaler.simulator.zero import KEDA, KPA, Rest, Rested, rested, resting
from shared.service.durations import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaler.simulator.arm import Arm
    from scaler.simulator.report import Table
    from scaler.simulator.scenario import Run

HOLDS_S = 300.0
"""As long as a gateway holds a request for a first pod (`timeouts.wake`)."""
_OURS = ARMS["responsive-gateway"]
AWAKE = "never"
_HOUR = 3600

Found = dict[tuple[str, str], list[Rested]]
"""By load and controller, one a seed."""


def arms(after: Sequence[float], wake_to: int = 1) -> list[Arm]:
    """Ours with each `zero_after` in seconds and without, and the rivals with their defaults."""
    each_once = dict.fromkeys(after)
    ours = [resting(_OURS, shown(each), Rest(each, wake_to=wake_to)) for each in each_once]
    rivals = (
        resting(ARMS["kpa"], "kpa, 60 s + 30 s", KPA),
        resting(ARMS["keda-http"], "keda-http, 300 s", KEDA),
    )
    return [replace(_OURS, name=AWAKE), *ours, *rivals]


def measured(
    runs: Sequence[Run], arms: Sequence[Arm], progress: Callable[[], None] = lambda: None
) -> Found:
    """What comes of each controller on each load; `progress` is called after each."""
    found: Found = {}
    for run in runs:
        held = replace(run, world=replace(run.world, holds_s=HOLDS_S))
        for arm in arms:
            trace = simulate(held, arm)
            found.setdefault((run.scenario, arm.name), []).append(
                rested(trace, trace.arrivals, HOLDS_S)
            )
            progress()
    return found


def table(found: Found, hours: Mapping[str, float]) -> Table:
    """A row a load and controller; each load lasts so many `hours`."""
    head = ["load", "zero_after", "pod-seconds saved", "asleep", "wakes an hour"]
    head += ["requests held an hour", "mean wait, s", "worst wait, s", "not served"]
    return [head, *(_row(found, *key, hours[key[0]]) for key in found)]


def _row(found: Found, load: str, arm: str, hours: float) -> list[str]:
    results = found[load, arm]
    return [
        load,
        arm,
        f"{saved(found, load, arm):.0%}",
        f"{fmean(one.asleep for one in results):.0%}",
        f"{fmean(one.wakes for one in results) / hours:.1f}",
        f"{fmean(one.held for one in results) / hours:.1f}",
        f"{_mean_wait(results):.1f}",
        f"{max(one.worst_s for one in results)}",
        f"{fmean(one.unserved for one in results):.2%}",
    ]


def saved(found: Found, load: str, arm: str) -> float:
    """The share of the pod-seconds that are used without sleep."""
    with_sleep, without = (
        sum(one.pod_seconds for one in found[load, each]) for each in (arm, AWAKE)
    )
    return 1 - with_sleep / without if without else 0.0


def _mean_wait(results: Sequence[Rested]) -> float:
    held = sum(one.held for one in results)
    return sum(one.mean_s * one.held for one in results) / held if held else 0.0


def sentences(found: Found, after: Sequence[float], hours: Mapping[str, float]) -> Iterator[str]:
    """For each load and each of `after`, what it saves and what it costs."""
    for load in dict.fromkeys(load for load, _ in found):
        for name in dict.fromkeys(map(shown, after)):
            results = found[load, name]
            held = fmean(one.held for one in results) / hours[load]
            lost = fmean(one.unserved for one in results)
            lost -= fmean(one.unserved for one in found[load, AWAKE])
            yield (
                f"{load}: zero_after {name} would save {saved(found, load, name):.0%} of the "
                f"pod-seconds and make {held:,.{held < 10:d}f} requests an hour wait for a pod, "
                f"{_mean_wait(results):.0f} s in the mean"
                + (f"; {lost:.1%} of the work would give up waiting." if lost >= 0.0005 else ".")
            )


def hours_of(runs: Sequence[Run]) -> dict[str, float]:
    """How long each load lasts."""
    return {run.scenario: len(run.load) / _HOUR for run in runs}
