"""Who wins where, in words."""

from __future__ import annotations

from dataclasses import replace

from scaler.simulator.compare import Results
from scaler.simulator.ratios import against
from scaler.simulator.scores import Scores
from scaler.simulator.verdict import verdicts, winners

NEUTRAL = Scores(0, 0, 100, 0, 0, 0, 0, 0, 0, None, 0, 0, 0, 1, None, None, 0, 0)


def _results(**by_scenario: list[tuple[int, int]]) -> Results:
    """Violation and cost of the policies a, b, …, by scenario."""
    return {
        (scenario, "abc"[index]): [replace(NEUTRAL, violation_s=violation, pod_seconds=cost)]
        for scenario, arms in by_scenario.items()
        for index, (violation, cost) in enumerate(arms)
    }


def test_a_verdict_names_the_size_of_the_difference_and_every_kind_of_load() -> None:
    results = _results(
        calm=[(1, 100), (0, 100)],
        step=[(49, 90), (99, 100)],
        spike=[(9, 200), (99, 100)],
        night=[(60, 150), (30, 100)],
    )
    (sentence,) = verdicts(results, [against(results, "a", "b")])
    assert sentence == (
        "a against b: SLO violated −33 %, pod-seconds +28 %, reversals none in both. "
        "Better in both: step; less violation at a higher cost: spike; alike: calm; "
        "worse in both: night."
    )


def test_large_ratios_are_multiples() -> None:
    results = _results(step=[(99, 300), (9, 100)])
    (sentence,) = verdicts(results, [against(results, "a", "b")])
    assert "SLO violated 10.0 times, pod-seconds 3.0 times" in sentence


def test_winners_share_what_is_alike_and_the_beaten_are_named() -> None:
    results = _results(calm=[(0, 100), (1, 100), (0, 100)], step=[(50, 100), (10, 120), (90, 130)])
    assert winners(results)[1:] == [
        ["calm", "all alike", "all alike", "none"],
        ["step", "b", "a", "c"],
    ]


def test_reversals_against_none_are_not_alike() -> None:
    results = _results(step=[(9, 100), (9, 100)])
    results["step", "a"] = [replace(NEUTRAL, reversals=3)]
    ratio = against(results, "a", "b")
    assert ratio.reversals == 4
    assert "reversals 3 against none." in verdicts(results, [ratio])[0]
