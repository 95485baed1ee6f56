"""What the policy does where something goes wrong: it makes nothing worse, and says what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.decision import Decision, Policy, decide
from scaler.simulator.arm import Arm
from scaler.simulator.arms import ARMS, policy_arm
from scaler.simulator.faults import FAULTS
from scaler.simulator.scenario import SCENARIOS, Run, World
from scaler.simulator.scores import score
from scaler.simulator.simulate import Trace, simulate

SEEDS = (1, 2, 3)
OURS = [ARMS[name] for name in ("responsive", "responsive-gateway")]

of_each_policy = pytest.mark.parametrize("arm", OURS, ids=lambda arm: str(arm.name))
of_each_seed = pytest.mark.parametrize("seed", SEEDS)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """The decisions of all that is simulated."""
    decisions: list[Decision] = []

    def listening(*given: object) -> object:
        decision, state = decide(*given)  # type: ignore[arg-type]
        decisions.append(decision)
        return decision, state

    monkeypatch.setattr("scaler.simulator.arms.decide", listening)
    return decisions


def _reasons(decisions: list[Decision]) -> set[str]:
    return {reason for decision in decisions for reason in decision.reasons}


def _run(name: str, seed: int, arm: Arm) -> tuple[Run, Trace]:
    run = FAULTS[name].build(seed)
    return run, simulate(run, arm)


def test_faults_are_apart_from_what_is_compared() -> None:
    assert not FAULTS.keys() & SCENARIOS.keys()
    assert all(name == scenario.name for name, scenario in FAULTS.items())


@of_each_policy
@of_each_seed
def test_a_service_that_loads_does_not_grow_before_it_has_served(
    arm: Arm, seed: int, told: list[Decision]
) -> None:
    run, trace = _run("long-load", seed, arm)
    first = trace.ready.index(1)
    assert 240 <= first < 250
    assert set(trace.spec[:900]) == {1}, "nothing is asked of it yet"
    assert "Loading" in _reasons(told)
    assert max(trace.spec) > 1, "requests have come"
    assert not any(trace.violated[-600:])
    assert run.load[first] == 0


@of_each_policy
@of_each_seed
def test_a_server_that_ends_before_it_answers_does_not_grow(
    arm: Arm, seed: int, told: list[Decision]
) -> None:
    _, trace = _run("crash-loop", seed, arm)
    assert set(trace.ready) == {0}
    assert set(trace.spec) == {trace.spec[0]}
    assert "CrashLoop" in _reasons(told)


@of_each_policy
@of_each_seed
@pytest.mark.parametrize("new", [True, False], ids=["new", "old"])
def test_a_server_that_answers_and_ends_is_not_multiplied(arm: Arm, seed: int, new: bool) -> None:
    """It serves for a while each time, and what piles up meanwhile is worth a pod or two."""
    world = World(ready_at_start=not new, run_s=90.0)
    run = replace(FAULTS["crash-loop"], world=world).build(seed)
    assert max(simulate(run, arm).spec) <= 5


@of_each_policy
@of_each_seed
def test_a_rollout_without_an_image_leaves_the_old_pods_and_enough_of_them(
    arm: Arm, seed: int
) -> None:
    _, trace = _run("bad-rollout", seed, arm)
    start = trace.spec[590]
    assert min(trace.ready) >= start - start // 4
    assert max(trace.spec) <= start + 3
    assert sum(trace.violated) < 60


@of_each_policy
@of_each_seed
def test_a_rollout_without_an_image_does_not_make_the_size_flap(arm: Arm, seed: int) -> None:
    _, trace = _run("bad-rollout", seed, arm)
    assert score(trace).reversals <= 2


def test_pods_that_cannot_start_are_told_where_others_are_at_their_limit(
    told: list[Decision],
) -> None:
    _run("bad-rollout", 1, OURS[0])
    assert "Pending" in _reasons(told)


@of_each_seed
def test_a_server_that_polls_is_found_out(seed: int, told: list[Decision]) -> None:
    _run("spinning", seed, ARMS["responsive-gateway"])
    assert "CpuDoesNotFollow" in _reasons(told)


@of_each_seed
def test_a_server_that_polls_shrinks_where_cpu_does_not_count(seed: int) -> None:
    policy = Policy(count_cpu=False, in_flight_target=6)
    _, trace = _run("spinning", seed, policy_arm("no-cpu", policy, 2, gateway=True))
    top = trace.spec.index(max(trace.spec))
    assert min(trace.spec[top:]) < max(trace.spec)
    _, blind = _run("spinning", seed, ARMS["responsive"])
    assert blind.spec[-1] == 10, "CPU alone cannot tell"


@of_each_policy
@of_each_seed
def test_a_target_above_the_limit_is_reached_and_stands(
    arm: Arm, seed: int, told: list[Decision]
) -> None:
    _, trace = _run("target-above-limit", seed, arm)
    assert "TargetAboveLimit" in _reasons(told)
    assert not any(trace.violated[-1800:])
    assert len(set(trace.spec[-1800:])) <= 2
    assert score(trace).reversals <= 4


@of_each_policy
@of_each_seed
def test_the_herd_that_returns_after_an_outage_does_not_find_the_minimum(
    arm: Arm, seed: int
) -> None:
    run, trace = _run("herd", seed, arm)
    back = max(second for second, level in enumerate(run.load) if level == 0) + 1
    assert trace.spec[run.load.index(0) - 1] >= 3
    assert trace.spec[back] > run.world.minimum


def test_the_herd_has_waited_for_four_minutes_and_is_thrice_as_large() -> None:
    load = FAULTS["herd"].build(1).load
    away = load.index(0.0)
    assert load[away : away + 240] == (0.0,) * 240
    assert load[away + 240] > 2.5 * load[away - 1]
    assert load[-1] < 1.3 * load[away - 1]


@of_each_seed
def test_a_model_that_takes_three_times_as_much_has_its_pods_within_a_minute(seed: int) -> None:
    run, trace = _run("new-model", seed, ARMS["responsive-gateway"])
    middle = len(run.load) // 2
    assert not any(trace.violated[middle - 600 : middle])
    assert not any(trace.violated[middle + 75 :])
    _, hpa = _run("new-model", seed, ARMS["hpa-v1"])
    assert 2 * sum(trace.violated[middle:]) < sum(hpa.violated[middle:])


@of_each_seed
def test_answers_that_take_now_more_now_less_find_pods_for_the_more(seed: int) -> None:
    """As many requests come at all times, so that they tell nothing of it."""
    _, trace = _run("long-answers", seed, ARMS["responsive-gateway"])
    _, hpa = _run("long-answers", seed, ARMS["hpa-v1"])
    assert sum(trace.violated[600:]) <= sum(hpa.violated[600:]) + 30
    assert score(trace).reversals <= 3


def test_a_new_model_brings_more_work_with_the_same_requests() -> None:
    run = FAULTS["new-model"].build(1)
    before, after = run.load[:1800], run.load[1800:]
    assert sum(after) == pytest.approx(3 * sum(before), rel=0.1)
    assert sum(run.arrivals[1800:]) == pytest.approx(sum(run.arrivals[:1800]), rel=0.1)
