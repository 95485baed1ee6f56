"""The arithmetic of the benchmark of cold starts; it starts no process."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.cold_start.wakes import Wake, holds, page, quantile

ONE = Wake(sent=100.0, written=100.02, listening=100.82, came=100.85, answered=100.86)


def near(value: float, expected: float) -> bool:
    return abs(value - expected) < 1e-6


def test_what_is_the_pods_own_is_not_ours() -> None:
    assert near(ONE.start, 0.8)
    assert near(ONE.ours, 0.05)
    assert near(ONE.whole, 0.86)


def test_the_bounds_are_of_the_median_and_of_the_worst_but_one_in_a_hundred() -> None:
    slow = replace(ONE, came=101.2)
    assert holds([ONE] * 99 + [slow])
    assert not holds([ONE] * 98 + [slow] * 2)
    assert not holds([replace(ONE, came=100.93)] * 50)
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert quantile([1.0], 0.99) == 1.0


def test_the_page_names_the_phases_and_the_verdict() -> None:
    text = page("a machine", [ONE] * 50)
    assert "| replicas written → the pod listens (its own start) | 800.0 | 800.0 | 800.0 |" in text
    assert "at p99: kept." in text
    assert "at p99: **broken**." in page("a machine", [replace(ONE, came=105.0)])
