"""The built-in loads."""

from __future__ import annotations

from random import Random

import pytest

from scaler.simulator import shapes
from scaler.simulator.scenario import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_its_seed_and_stays_in_range(name: str) -> None:
    scenario = SCENARIOS[name]
    one, again, other = (scenario.build(seed) for seed in (1, 1, 2))
    assert one == again
    assert one.load != other.load
    assert len(one.load) == scenario.seconds
    most = (4 if name.startswith("traffic-") else 2) * scenario.peak
    assert all(0 <= level < most for level in one.load)


def test_all_kinds_of_load_are_there() -> None:
    wanted = "step ramp sine square spike sawtooth flash on-off diurnal edge rollout outage slow"
    missing = [w for w in wanted.split() if not any(n.startswith(w) for n in SCENARIOS)]
    assert missing == []
    assert {"failures", "restart"} <= set(SCENARIOS)
    assert {"traffic-code", "traffic-conversation", "traffic-web"} <= set(SCENARIOS)


def test_a_step_is_one_step() -> None:
    curve = shapes.step_up(Random(1), 1000, 8.0)
    assert len(set(curve)) == 2
    assert curve == sorted(curve)


def test_noise_has_no_bias() -> None:
    noisy = shapes.with_noise(Random(1), [5.0] * 20_000, 0.1)
    assert sum(noisy) / len(noisy) == pytest.approx(5.0, rel=0.02)
