"""Whole runs in virtual time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pvariance

import pytest

from scaler.decision import Observation
from scaler.simulator.arm import Arm, Decider, Start
from scaler.simulator.arms import ARMS
from scaler.simulator.gateway import counted
from scaler.simulator.recorded import Recorded, recorded_runs
from scaler.simulator.scenario import SCENARIOS, Run, World, ideal_replicas
from scaler.simulator.simulate import simulate


def _run(load: list[float], world: World | None = None) -> Run:
    return Run("test", 1, world or World(), tuple(load))


def test_a_run_is_reproducible() -> None:
    run = replace(SCENARIOS["step-up"], seconds=900).build(3)
    assert simulate(run, ARMS["responsive"]) == simulate(run, ARMS["responsive"])


def test_the_ideal_is_exact_at_the_target() -> None:
    assert ideal_replicas(_run([0.0, 0.8, 0.81, 1.6, 100.0])) == [1, 1, 2, 2, 10]


@pytest.mark.parametrize("arm", ["hpa-v1", "hpa-default", "hpa-tuned", "responsive"])
def test_constant_load_moves_nothing(arm: str) -> None:
    trace = simulate(_run([3.0] * 900), ARMS[arm])
    assert set(trace.spec) == {4}
    assert not any(trace.violated)


def test_hpa_climbs_by_small_steps_where_responsive_leaps() -> None:
    run = _run([0.5] * 120 + [6.0] * 600)
    hpa, ours = (simulate(run, ARMS[name]) for name in ("hpa-v1", "responsive"))
    assert sum(ours.violated) < 0.6 * sum(hpa.violated)
    assert set(hpa.spec[:300]) == {1, 2, 3, 4}


def test_hpa_keeps_its_peak_for_five_minutes() -> None:
    trace = simulate(_run([6.0] * 400 + [0.5] * 600), ARMS["hpa-v1"])
    assert 690 < trace.spec.index(1) < 745


def test_nothing_shrinks_in_an_outage_of_metrics() -> None:
    world = World(outages=((400, 1500),))
    for arm in ("hpa-v1", "responsive"):
        trace = simulate(_run([5.0] * 390 + [0.2] * 1200, world), ARMS[arm])
        assert min(trace.spec[:1500]) == 7


def test_fixed_arms() -> None:
    run = _run([0.5] * 60 + [4.0] * 60)
    assert set(simulate(run, ARMS["static-max"]).spec[30:]) == {10}
    assert set(simulate(run, ARMS["static-min"]).spec) == {1}
    assert set(simulate(run, ARMS["fixed"]).spec[30:]) == {2}, "a fifth of ten"
    oracle = simulate(run, ARMS["oracle"])
    assert not any(oracle.violated)
    assert oracle.spec[-1] == 5


def test_a_restart_keeps_what_was_stored() -> None:
    run = _run([6.0] * 300 + [0.5] * 400, World(restarts=(310,)))
    trace = simulate(run, ARMS["responsive"])
    assert min(trace.spec[:700]) == 8


def _arrivals_seen(run: Run) -> list[float | None]:
    """What a controller is told of the requests that came, second by second."""
    seen: list[float | None] = []

    def start(_: Start) -> Decider:
        def decider(observation: Observation, _now: float) -> int:
            seen.append(observation.load.arrivals if observation.load else None)
            return observation.spec_replicas

        return decider

    simulate(run, Arm("listener", "", start, 1, gateway=counted))
    return seen


def test_requests_are_whole_and_those_of_the_run() -> None:
    run = replace(_run([0.5] * 4), arrivals=(2, 0, 7, 1))
    assert _arrivals_seen(run) == [2, 2, 9, 10]


def test_requests_that_nobody_counted_come_by_chance() -> None:
    run = _run([3.0] * 2000)
    seen = [float(count or 0) for count in _arrivals_seen(run)]
    each = [after - before for before, after in pairwise(seen)]
    assert fmean(each) == pytest.approx(60, rel=0.02)  # 3 pods of 1000m, 50 milliCPU-seconds each
    assert pvariance(each) == pytest.approx(60, rel=0.15)
    assert _arrivals_seen(run) == seen
    assert _arrivals_seen(replace(run, seed=2)) != seen


def test_arrivals_are_refused_that_do_not_fit_the_load() -> None:
    with pytest.raises(ValueError, match="arrivals are of 2 seconds, load of 3"):
        Run("test", 1, World(), (1.0,) * 3, arrivals=(1, 1))


def test_what_a_load_is_called_changes_nothing() -> None:
    recorded = Recorded(SCENARIOS["square"].build(1).load)
    runs = [recorded_runs(Path(name), recorded, World(), [1])[0] for name in ("a.csv", "b.json")]
    assert [run.scenario for run in runs] == ["a", "b"]
    assert simulate(runs[0], ARMS["hpa-v1"]) == simulate(runs[1], ARMS["hpa-v1"])
