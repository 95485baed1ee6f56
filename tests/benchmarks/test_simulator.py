"""What the project promises of `responsive` on smooth loads, on two draws of each; the benchmark
takes ten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.simulator.__main__ import COMPARED, broken, smooth
from scaler.simulator.arms import ARMS
from scaler.simulator.compare import compare
from scaler.simulator.ratios import Ratio
from scaler.simulator.study import headline


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_half_the_violations_at_the_cost_of_an_hpa_and_fewer_reversals() -> None:
    runs = [scenario.build(seed) for scenario in smooth() for seed in (201, 202)]
    found = headline(compare(runs, [ARMS[name] for name in COMPARED], 2))
    assert [one.baseline for one in found] == list(COMPARED[:3])
    assert broken(found) == []


def test_each_promise_that_is_broken_is_named() -> None:
    kept = Ratio(
        "responsive", "hpa-v1", 0.5, (0, 1), 1.05, (1, 2), 0.99, (4, 5), (), ("spike",), ("edge",)
    )
    assert broken([kept]) == []
    worse = replace(kept, violation=0.501, cost=1.061, reversals=1.001, worse_in_both=("spike",))
    assert [line.removeprefix("responsive against hpa-v1: ") for line in broken([worse])] == [
        "SLO violation 0.501 is above 0.5",
        "pod-seconds 1.061 is above 1.06",
        "reversals 1.001 is above 1",
        "worse in both on spike",
    ]
    assert broken([replace(worse, arm="responsive-kubelet"), replace(worse, baseline="kpa")]) == []
