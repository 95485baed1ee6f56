"""Whole runs in virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scaler.simulator.arms import ARMS
from scaler.simulator.inputs import recorded_runs
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
    assert sum(ours.violated) < sum(hpa.violated) / 2
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
    oracle = simulate(run, ARMS["oracle"])
    assert not any(oracle.violated)
    assert oracle.spec[-1] == 5


def test_a_restart_keeps_what_was_stored() -> None:
    run = _run([6.0] * 300 + [0.5] * 400, World(restarts=(310,)))
    trace = simulate(run, ARMS["responsive"])
    assert min(trace.spec[:700]) == 8


def test_what_a_load_is_called_changes_nothing() -> None:
    load = SCENARIOS["square"].build(1).load
    runs = [recorded_runs(Path(name), load, World(), [1])[0] for name in ("a.csv", "b.json")]
    assert [run.scenario for run in runs] == ["a", "b"]
    assert simulate(runs[0], ARMS["hpa-v1"]) == simulate(runs[1], ARMS["hpa-v1"])
