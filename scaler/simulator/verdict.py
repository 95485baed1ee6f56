"""Which policy wins on which load, and on which it loses, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.simulator.arms import BOUNDS
from scaler.simulator.compare import Results, names
from scaler.simulator.ratios import Ratio, average

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ALIKE = 0.01  # share by which costs may differ and still count as alike; noise does as much
_ALIKE_S = 2.0  # the same of violations, in seconds a run, or one per cent

_COUNTABLE = 0.05  # fewer reversals than this, over all runs, are none

_MULTIPLE = 2.0  # from here on a ratio reads better than per cents

_KINDS = {
    (-1, -1): "better in both",
    (-1, 0): "less violation at the same cost",
    (0, -1): "cheaper at the same violation",
    (-1, 1): "less violation at a higher cost",
    (1, -1): "cheaper but more violation",
    (0, 0): "alike",
    (1, 0): "more violation at the same cost",
    (0, 1): "dearer at the same violation",
    (1, 1): "worse in both",
}


def verdicts(results: Results, found: Sequence[Ratio]) -> list[str]:
    """A sentence for each comparison: how much, and on which loads it wins and loses."""
    return [f"{_overall(one)} {_by_kind(results, one)}." for one in found]


def _overall(one: Ratio) -> str:
    return (
        f"{one.arm} against {one.baseline}: SLO violated {_change(one.violation)}, "
        f"pod-seconds {_change(one.cost)}, reversals {_turned(one)}."
    )


def _change(ratio: float) -> str:
    if ratio >= _MULTIPLE:
        return f"{ratio:.1f} times"
    percent = round(100 * (ratio - 1))
    return f"{percent:+} %".replace("-", "−") if percent else "alike"


def _turned(one: Ratio) -> str:
    """Counts where one has none: no ratio tells that."""
    count, other = one.reversed
    if min(count, other) >= _COUNTABLE:
        return _change(one.reversals)
    if max(count, other) < _COUNTABLE:
        return "none in both"
    return " against ".join(
        f"{each:.1f}".removesuffix(".0") if each >= _COUNTABLE else "none" for each in one.reversed
    )


def _by_kind(results: Results, one: Ratio) -> str:
    kinds: dict[str, list[str]] = {kind: [] for kind in _KINDS.values()}
    for scenario in names(results)[0]:
        kinds[_kind(results, scenario, one.arm, one.baseline)].append(scenario)
    found = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)
    return found[:1].upper() + found[1:]


def _kind(results: Results, scenario: str, arm: str, baseline: str) -> str:
    def means(measure: str) -> tuple[float, float]:
        one, other = (average(results, scenario, name, measure) for name in (arm, baseline))
        return one, other

    return _KINDS[sides(means("violation_s"), means("pod_seconds"))]


def sides(violation: tuple[float, float], cost: tuple[float, float]) -> tuple[int, int]:
    """Whether a policy violates more (1) or less (-1) than another, and costs more or less; 0:
    alike, as far as noise allows to say."""
    return (
        _compared(*violation, slack=max(_ALIKE_S, _ALIKE * violation[1])),
        _compared(*cost, slack=_ALIKE * cost[1]),
    )


def _compared(value: float, other: float, slack: float) -> int:
    return (value > other + slack) - (value < other - slack)


def winners(results: Results) -> list[list[str]]:
    """A row a scenario: who violates least, who is cheapest, and who is beaten in both."""
    bounds = {arm.name for arm in BOUNDS}
    scenarios, named = names(results)
    arms = [name for name in named if name not in bounds]
    rows = [
        [
            scenario,
            _least(results, scenario, arms, "violation_s"),
            _least(results, scenario, arms, "pod_seconds"),
            ", ".join(_beaten(results, scenario, arms)) or "none",
        ]
        for scenario in scenarios
    ]
    return [["scenario", "least SLO violation", "cheapest", "beaten in both by another"], *rows]


def _least(results: Results, scenario: str, arms: Sequence[str], measure: str) -> str:
    values = {arm: average(results, scenario, arm, measure) for arm in arms}
    least = min(values.values(), default=0.0)
    slack = _ALIKE * least if measure == "pod_seconds" else max(_ALIKE_S, _ALIKE * least)
    names = [arm for arm, value in values.items() if value <= least + slack]
    return "all alike" if len(names) == len(arms) > 1 else ", ".join(names)


def _beaten(results: Results, scenario: str, arms: Sequence[str]) -> Iterator[str]:
    worse = _KINDS[1, 1]
    for arm in arms:
        if any(_kind(results, scenario, arm, other) == worse for other in arms):
            yield arm
