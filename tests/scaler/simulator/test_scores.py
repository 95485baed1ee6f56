"""The measures, on traces made by hand."""

from __future__ import annotations

import pytest

from scaler.simulator.scores import score
from scaler.simulator.simulate import Trace


def _trace(ready: list[int], ideal: list[int], spec: list[int] | None = None) -> Trace:
    seconds = len(ready)
    return Trace(
        load=tuple(float(d) for d in ideal),
        ideal=ideal,
        spec=spec or ready,
        ready=ready,
        pods=[n + 1 for n in ready],
        wait=[0.0] * seconds,
        utilisation=[0.5] * seconds,
        violated=[r < d for r, d in zip(ready, ideal, strict=True)],
    )


def test_accuracy_and_timeshare() -> None:
    scores = score(_trace([1, 2, 4, 2], [2, 2, 2, 2]))
    assert scores.under_accuracy_pct == pytest.approx(100 * 0.5 / 4)
    assert scores.over_accuracy_pct == pytest.approx(100 * 1.0 / 4)
    assert (scores.under_time_pct, scores.over_time_pct) == (25.0, 25.0)
    assert scores.violation_s == 1
    assert scores.pod_seconds == 13
    assert scores.overshoot_pct == 100


def test_only_quick_changes_of_direction_are_reversals() -> None:
    quick = [1] * 10 + [3] * 100 + [2] * 100 + [4] * 100
    assert score(_trace(quick, quick)).reversals == 2
    slow = [1] * 10 + [3] * 601 + [2] * 10
    assert score(_trace(slow, slow)).reversals == 0
    assert score(_trace(slow, slow)).changes == 2


def test_instability_is_moving_otherwise_than_demand() -> None:
    assert score(_trace([2, 3, 3, 3], [2, 2, 2, 2])).instability_pct == 25.0


def test_changes_and_jitter_are_by_the_hour() -> None:
    ready, ideal = [2] * 600 + [4] * 600 + [2] * 600, [2] * 600 + [4] * 1200
    scores = score(_trace(ready, ideal))
    assert scores.changes_per_hour == 4
    assert scores.jitter_per_hour == 2


def test_times_are_means_over_the_sudden_changes() -> None:
    ideal = [2] * 100 + [6] * 200
    spec = [2] * 130 + [6] * 170
    ready = [2] * 140 + [6] * 160
    scores = score(_trace(ready, ideal, spec))
    assert (scores.first_write_s, scores.reaction_s, scores.settling_s) == (30, 40, 40)
    calm = score(_trace(ideal[:90], ideal[:90]))
    assert (calm.first_write_s, calm.reaction_s, calm.settling_s) == (None, None, None)
