"""Many runs side by side: every policy over every scenario and seed, and the summary of it."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import mean, quantiles
from threading import Thread
from typing import TYPE_CHECKING

from scaler.simulator.scores import Scores, score
from scaler.simulator.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.process import BaseProcess

    from scaler.simulator.arm import Arm
    from scaler.simulator.scenario import Run

Results = dict[tuple[str, str], list[Scores]]
"""Scores by (scenario, arm), one a seed."""


Range = tuple[float, float]
"""Tenth and ninetieth percentile over the seeds."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A policy against another over all scenarios: geometric means of the ratios of their means.

    `violation` compares (seconds + 1), so that a scenario without violations counts too; the
    ranges are of the same ratios, seed by seed. `worse_in_both` names the scenarios with more
    violations and more pod-seconds.
    """

    arm: str
    baseline: str
    violation: float
    violation_range: Range
    cost: float
    cost_range: Range
    reversals: float
    worse_in_both: tuple[str, ...]
    loses_violation: tuple[str, ...]
    loses_cost: tuple[str, ...]


def compare(
    runs: Sequence[Run],
    arms: Sequence[Arm],
    processes: int = 1,
    progress: Callable[[], None] = lambda: None,
) -> Results:
    """All scores; `progress` is called after each arm of each run."""
    jobs = [(run, arm) for run in runs for arm in arms]
    results: Results = {}
    with _workers(processes) as each:
        for (run, arm), one in zip(jobs, each(_scores, jobs), strict=True):
            results.setdefault((run.scenario, arm.name), []).append(one)
            progress()
    return results


def _scores(job: tuple[Run, Arm]) -> Scores:
    return score(simulate(*job))


@contextmanager
def _workers(processes: int) -> Iterator[Callable[..., Iterator[Scores]]]:
    """A `map` over processes; leaving it early drops what was not begun."""
    if processes <= 1:
        yield map
        return
    pool = ProcessPoolExecutor(processes, initializer=_end_with_the_command)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_the_command() -> None:
    """Ctrl-C reaches every process of the terminal: a worker ends at once and says nothing. When
    the command is killed otherwise, no signal comes, but its end is seen."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if command := multiprocessing.parent_process():
        Thread(target=_end_after, args=(command,), name="end with the command", daemon=True).start()


def _end_after(command: BaseProcess) -> None:
    command.join()
    os._exit(1)


def average(results: Results, scenario: str, arm: str, measure: str) -> float:
    """Mean of one measure over the seeds."""
    return float(mean(getattr(one, measure) for one in results[scenario, arm]))


def against(results: Results, arm: str, baseline: str) -> Ratio:
    """How `arm` does against `baseline`."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in results))
    violations = _pairs(results, arm, baseline, "violation_s")
    costs = _pairs(results, arm, baseline, "pod_seconds")
    reversals = _pairs(results, arm, baseline, "reversals")
    slower = [s for s, (a, b) in zip(scenarios, violations, strict=True) if a > b]
    dearer = [s for s, (a, b) in zip(scenarios, costs, strict=True) if a > b]
    total = sum(b for _, b in reversals)
    singles = list(_by_seed(results))
    return Ratio(
        arm,
        baseline,
        _violation_ratio(violations),
        spread([_violation_ratio(_pairs(one, arm, baseline, "violation_s")) for one in singles]),
        _cost_ratio(costs),
        spread([_cost_ratio(_pairs(one, arm, baseline, "pod_seconds")) for one in singles]),
        sum(a for a, _ in reversals) / total if total else 1.0,
        tuple(s for s in slower if s in dearer),
        tuple(slower),
        tuple(dearer),
    )


def _pairs(results: Results, arm: str, baseline: str, measure: str) -> list[tuple[float, float]]:
    scenarios = dict.fromkeys(scenario for scenario, _ in results)
    return [
        (average(results, s, arm, measure), average(results, s, baseline, measure))
        for s in scenarios
    ]


def _by_seed(results: Results) -> Iterator[Results]:
    for index in range(min(len(scores) for scores in results.values())):
        yield {key: [scores[index]] for key, scores in results.items()}


def _violation_ratio(pairs: Iterable[tuple[float, float]]) -> float:
    return geometric((a + 1) / (b + 1) for a, b in pairs)


def _cost_ratio(pairs: Iterable[tuple[float, float]]) -> float:
    return geometric(a / b for a, b in pairs)


def spread(values: Sequence[float]) -> Range:
    """Tenth and ninetieth percentile; of one value, that value twice."""
    if len(values) == 1:
        return values[0], values[0]
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def geometric(ratios: Iterable[float]) -> float:
    """Geometric mean; 1 of nothing."""
    logs = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logs) / len(logs)) if logs else 1.0
