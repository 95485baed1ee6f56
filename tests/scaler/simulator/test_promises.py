"""What the policies promise against the HPA at equal cost, on two seeds of traffic."""

from __future__ import annotations

import pytest

from scaler.simulator import promises
from scaler.simulator.arms import ARMS
from scaler.simulator.frontier import measure
from scaler.simulator.scenario import SCENARIOS

TRAFFIC = [scenario for name, scenario in SCENARIOS.items() if name.startswith("traffic-")]
OURS = [ARMS["responsive"], ARMS["responsive-gateway"]]


@pytest.mark.skipif(not TRAFFIC, reason="no built-in shape has the spread of real traffic yet")
def test_promises_hold_on_two_seeds_of_traffic() -> None:
    runs = [scenario.build(seed) for scenario in TRAFFIC for seed in (301, 302)]
    points = measure(runs, [ARMS["hpa-v1"]], targets=(35, 50, 65, 90))
    points |= measure(runs, OURS, targets=())
    assert promises.broken(points) == []
