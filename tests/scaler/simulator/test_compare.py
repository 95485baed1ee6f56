"""Comparisons and what is written of them."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from scaler.simulator import report
from scaler.simulator.arms import ARMS
from scaler.simulator.compare import Results, compare
from scaler.simulator.ratios import against
from scaler.simulator.scenario import Run, World
from scaler.simulator.scores import Scores

NEUTRAL = Scores(0, 0, 100, 0, 0, 0, 0, 0, 0, None, 0, 0, 0, 1, None, None, 0, 0)


def _results() -> Results:
    return {
        ("calm", "a"): [replace(NEUTRAL, violation_s=0, pod_seconds=200, reversals=1)],
        ("calm", "b"): [replace(NEUTRAL, violation_s=0, pod_seconds=100, reversals=2)],
        ("wild", "a"): [replace(NEUTRAL, violation_s=24, pod_seconds=50, reversals=1)],
        ("wild", "b"): [replace(NEUTRAL, violation_s=99, pod_seconds=100, reversals=2)],
    }


def test_ratios_are_geometric_means_and_losses_are_named() -> None:
    ratio = against(_results(), "a", "b")
    assert ratio.violation == pytest.approx(0.5)  # (1 * 25/100) ** 0.5
    assert ratio.violation_range == pytest.approx((0.5, 0.5))  # a single seed
    assert ratio.cost == pytest.approx(1.0)  # (2 * 0.5) ** 0.5
    assert ratio.reversals == pytest.approx(0.6)  # (2 + 1) / (4 + 1)
    assert ratio.reversed == pytest.approx((2, 4))
    assert (ratio.loses_violation, ratio.loses_cost) == ((), ("calm",))
    assert ratio.worse_in_both == ()
    assert against(_results(), "b", "a").worse_in_both == ("wild",)


def test_tables() -> None:
    assert report.measure_table(_results(), "pod_seconds") == [
        ["scenario", "a", "b"],
        ["calm", "200", "100"],
        ["wild", "50", "100"],
    ]
    assert report.markdown([["x", "y"], ["1", "2"]]) == "| x | y |\n| --- | --- |\n| 1 | 2 |\n"
    losses = report.loss_table(_results(), [against(_results(), "a", "b")])
    assert losses[1:] == [["a", "b", "calm", "0 / 0", "200 / 100"]]


def test_several_processes_give_the_same_scores() -> None:
    runs = [Run("x", seed, World(), (0.5,) * 60 + (3.0,) * 120) for seed in (1, 2)]
    arms = [ARMS["hpa-v1"], ARMS["responsive"]]
    seen: list[None] = []
    assert compare(runs, arms, 2, lambda: seen.append(None)) == compare(runs, arms)
    assert len(seen) == 4


def test_ranges_are_over_the_seeds() -> None:
    seeds = [replace(NEUTRAL, pod_seconds=cost) for cost in (100, 110, 120)]
    results = {("calm", "a"): seeds, ("calm", "b"): [NEUTRAL] * 3}
    ratio = against(results, "a", "b")
    assert ratio.cost == pytest.approx(1.1)
    low, high = ratio.cost_range
    assert 1.02 < low < 1.1 < high < 1.18
    assert ratio == against(results, "a", "b")


def test_every_measure_has_a_title_and_a_meaning() -> None:
    assert set(report.MEASURES) == set(report.MEANINGS)
    assert set(report.MEASURES) <= {field.name for field in fields(Scores)}
