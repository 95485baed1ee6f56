"""What a recorded load becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaler.simulator.inputs import InputError
from scaler.simulator.recorded import Recorded, read_recording
from scaler.simulator.scenario import World
from scaler.simulator.tokens import Weights

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


def test_requests_cost_by_their_tokens_and_in_the_mean_as_much_as_said(tmp_path: Path) -> None:
    """Of 50, 1 a prompt token and 10 a generated one: 150 and 50, so 750 and 250 milliCPU-seconds,
    each at an eighth of a pod."""
    recorded = _read(
        tmp_path, "time,prompt,generated\n0.5,50,5\n0.9,0,0\n9,50,5\n9,0,0\n", "tokens"
    )
    assert recorded.lives
    assert recorded.arrivals == (2, 0, 0, 0, 0, 0, 0, 0, 0, 2)
    assert recorded.load == (0.25, 0.25, 0.125, 0.125, 0.125, 0.125, 0.0, 0.0, 0.0, 0.25)
    double = _read(tmp_path, "0,50,5\n1,50,5\n", "tokens", 2.0)
    assert double == Recorded((0.25, 0.5), (2, 2), lives=True)


def test_requests_that_cost_nothing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    path.write_text("0,5,0\n", encoding="utf-8")
    weights = Weights(request=0, prompt=0, generated=1)
    with pytest.raises(InputError, match="no request costs anything; give tokens"):
        read_recording(path, "tokens", WORLD, lambda _: None, 1.0, weights)
