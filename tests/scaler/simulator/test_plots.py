"""Pictures of runs."""

from __future__ import annotations

from pathlib import Path

from scaler.simulator import plots
from scaler.simulator.arms import ARMS
from scaler.simulator.scenario import Run, World
from scaler.simulator.simulate import simulate


def test_a_long_run_is_drawn_with_a_bounded_number_of_points(tmp_path: Path) -> None:
    run = Run("long", 1, World(), (0.5,) * 9000 + (7.0,) * 10 + (0.5,) * 3000)
    plots.timeline(tmp_path / "long.png", run, {"hpa-v1": simulate(run, ARMS["hpa-v1"])})
    assert (tmp_path / "long.png").read_bytes().startswith(b"\x89PNG")
    thinned = plots.thin(run.load, max)
    assert len(thinned) <= 4000
    assert max(thinned) == 7.0  # a short peak stays to be seen


def test_short_runs_are_drawn_whole() -> None:
    assert plots.thin([1.0, 2.0, 3.0], max) == [1.0, 2.0, 3.0]
