from __future__ import annotations

import pytest

from shared.service.durations import seconds, shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("15s", 15.0),
        ("1m30s", 90.0),
        ("1h0m0s", 3600.0),
        ("500ms", 0.5),
        ("10.5s", 10.5),
        ("30000000000ns", 30.0),
        ("0", 0.0),
        ("15", 15.0),
        ("1.5", 1.5),
        (0, 0.0),
        (2.5, 2.5),
    ],
)
def test_reads_go_durations_and_plain_seconds(value: object, expected: float) -> None:
    assert seconds(value) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value", ["", "s", "-1s", -1, True, None, "1 s", "1d", "1s garbage", float("nan"), []]
)
def test_refuses_what_is_no_duration_and_says_how_to_write_one(value: object) -> None:
    with pytest.raises(ValueError, match="write for example 15s"):
        seconds(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0 s"),
        (0.25, "0.2 s"),
        (59.9, "59 s"),
        (60, "1 m"),
        (190, "3 m 10 s"),
        (720, "12 m"),
        (7500, "2 h 5 m"),
        (90_000, "1 d 1 h"),
    ],
)
def test_seconds_are_shown_in_their_two_largest_units(value: float, told: str) -> None:
    assert shown(value) == told
