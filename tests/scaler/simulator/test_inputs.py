"""What a recorded load becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaler.simulator.inputs import Recorded, read_recording
from scaler.simulator.scenario import World

WORLD = World(request_work_m=500.0)


def _read(tmp_path: Path, text: str, unit: str, scale: float = 1.0) -> Recorded:
    path = tmp_path / "load.csv"
    path.write_text(text, encoding="utf-8")
    return read_recording(path, unit, WORLD, lambda _: None, scale)


@pytest.mark.parametrize("unit", ["requests", "requests-per-interval"])
def test_counts_of_seconds_are_the_arrivals(tmp_path: Path, unit: str) -> None:
    recorded = _read(tmp_path, "0,4\n1,0\n2,3\n3,1\n", unit)
    assert recorded == Recorded((2.0, 0.0, 1.5), (4, 0, 3))


def test_a_scaled_trace_has_whole_requests_too(tmp_path: Path) -> None:
    recorded = _read(tmp_path, "0,1\n1,1\n2,1\n3,1\n4,1\n", "requests", 0.5)
    assert recorded == Recorded((0.25,) * 4, (1, 0, 1, 0))


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("requests", "0,4\n15,4\n30,4\n"),
        ("requests-per-interval", "0,60\n60,60\n"),
        ("cores", "0,1\n1,1\n2,1\n"),
    ],
)
def test_what_is_no_count_of_seconds_is_left_to_chance(
    tmp_path: Path, unit: str, text: str
) -> None:
    assert _read(tmp_path, text, unit).arrivals == ()
