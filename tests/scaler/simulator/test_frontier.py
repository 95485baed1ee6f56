"""Violation at equal cost."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from scaler.simulator import frontier_plot, promises
from scaler.simulator.arms import ARMS
from scaler.simulator.frontier import (
    Equal,
    Point,
    Points,
    aimed,
    at_equal_cost,
    frontier,
    length,
    measure,
    overall,
    own,
)
from scaler.simulator.frontier_report import by_load, points_csv, sentence, standings, summary
from scaler.simulator.scenario import SCENARIOS, Run, World, ideal_replicas
from scaler.simulator.simulate import simulate


def _points(*figures: tuple[float, float], reversals: float = 0.0) -> tuple[Point, ...]:
    """Points by cost and violation; the second has the own target."""
    return tuple(
        Point(20 + index, cost, violation, reversals, index == 1)
        for index, (cost, violation) in enumerate(figures)
    )


HPA = _points((300, 0), (200, 9), (100, 99), (250, 50))


def test_the_frontier_leaves_out_what_another_target_beats() -> None:
    assert [point.pod_seconds for point in frontier(HPA)] == [100, 200, 300]


def test_between_two_targets_the_logarithm_is_linear() -> None:
    (middle,) = _points((150, 0))
    assert at_equal_cost(middle, frontier(HPA)).ratio == pytest.approx(1 / 1000**0.5)
    assert at_equal_cost(own(HPA), frontier(HPA)) == Equal(1.0)


def test_outside_of_the_frontier_its_end_counts_and_it_is_said() -> None:
    cheap, dear = _points((50, 49), (400, 1))
    for point, ratio, bound in ((cheap, 0.5, "≤"), (dear, 2.0, "≥")):
        found = at_equal_cost(point, frontier(HPA))
        assert found.ratio == pytest.approx(ratio)
        assert found.bound == bound


def test_whole_frontiers_are_compared_over_the_costs_that_both_have() -> None:
    half = frontier(_points((150, 0.5 * 1000**0.5 - 1), (250, 0.5 * 10**0.5 - 1)))
    assert overall(half, frontier(HPA)) == pytest.approx(0.5)
    assert overall(frontier(_points((1, 1), (2, 0))), frontier(HPA)) is None


def _all() -> Points:
    return {
        ("calm", "hpa-v1"): HPA,
        ("calm", "ours"): _points((250, 0), (150, 0), reversals=3),
        ("calm", "fixed"): _points((90, 99), (160, 9)),
        ("calm", "oracle"): _points((90, 3), (110, 0)),
    }


def test_a_standing_has_the_oracle_beside_it_and_counts_reversals_against_none() -> None:
    (one,) = standings(_all(), "ours")
    assert one.equal.ratio == pytest.approx(1 / 1000**0.5)
    assert one.distance == pytest.approx(1.0)
    assert one.fixed
    assert one.fixed.ratio == pytest.approx(10 ** (8 / 7 - 3 / 2))
    assert (one.cost, one.reversals, one.reversed) == (0.75, 4.0, (3, 0))
    assert summary(_all())[1][:3] == ["ours", "0.0316", "0.0316 calm"]
    assert by_load(_all())[1][-1] == "3.0 / 0.0"
    assert "0.0316 times as long as hpa-v1 at equal cost" in sentence(_all(), "ours")


def test_every_kind_of_policy_is_varied_and_drawn(tmp_path: Path) -> None:
    runs = [Run("x", seed, World(), (0.5,) * 60 + (3.0,) * 240) for seed in (1, 2)]
    arms = [ARMS[name] for name in ("hpa-v1", "kpa", "keda-http", "static-max", "fixed", "oracle")]
    seen: list[None] = []
    points = measure(runs, arms, 1, lambda: seen.append(None), (40, 95))
    assert len(seen) == length(runs, arms, (40, 95)) == 2 * (5 * 3 + 1)
    assert [point.target_pct for point in points["x", "kpa"]] == [40, 70, 95]
    assert own(points["x", "kpa"]).target_pct == 70
    assert own(points["x", "hpa-v1"]).target_pct == 80
    assert len(points["x", "static-max"]) == 1
    for arm in ("hpa-v1", "kpa", "keda-http", "fixed", "oracle"):
        costs = [point.pod_seconds for point in points["x", arm]]
        assert costs[0] > costs[-1], arm
    frontier_plot.frontiers(tmp_path / "f.png", points)
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert len(list(csv.DictReader(io.StringIO(points_csv(points))))) == 16


def test_a_broken_promise_names_what_perfect_knowledge_gives() -> None:
    worse = _points((250, 98), (150, 98), reversals=3)
    points = {**_all(), ("calm", "responsive"): worse}
    lines = promises.broken(points, promises.AIMS)
    assert len(lines) == 3  # it is cheap
    assert "violation at equal cost, mean: 3.131 is above 0.75 (perfect knowledge" in lines[0]
    assert "reversals, mean: 4.000 is above 1.3" in lines[2]
    assert promises.worse_in_both(points, "responsive") == []
    assert promises.worse_in_both({**points, ("calm", "responsive"): HPA}, "responsive") == []
    dear = _points((0, 0), (250, 98))
    assert promises.worse_in_both({**points, ("calm", "responsive"): dear}, "responsive") == [
        "calm"
    ]


def test_whatever_the_target_all_begin_with_the_same_pods() -> None:
    run = SCENARIOS["traffic-conversation"].build(1)
    low, _ = aimed(run, ARMS["hpa-v1"], 20)
    assert low.world.target_pct == 20
    assert ideal_replicas(low)[0] > ideal_replicas(run)[0]
    begun = {simulate(each, ARMS["hpa-v1"]).ready[0] for each in (low, run)}
    assert begun == {ideal_replicas(run)[0]}
