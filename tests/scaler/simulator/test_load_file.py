"""Loads of one's own."""

from __future__ import annotations

import json

import pytest

from scaler.simulator.load_file import LoadError, read_load


def test_csv_with_header_and_straight_lines_between_points() -> None:
    assert read_load("time,cores\n100,1\n104,3\n", 0.5) == (2.0, 3.0, 4.0, 5.0)


def test_csv_with_iso_times_in_any_order() -> None:
    text = "2026-01-01T00:00:02Z,4\n2026-01-01T00:00:00Z,4\n"
    assert read_load(text, 2.0) == (2.0, 2.0)


def test_series_of_prometheus_are_added() -> None:
    result = [
        {"metric": {"pod": "a"}, "values": [[0, "1"], [2, "1"]]},
        {"metric": {"pod": "b"}, "values": [[0, "0.5"], [2, "0.5"]]},
    ]
    text = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
    assert read_load(text, 1.0) == (1.5, 1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 points"),
        ("0,1\n1\n", "line 2: has one column"),
        ("0,1\nsoon,1\n", "line 2: time is 'soon'"),
        ("0,1\n1,-3\n", "line 2: cores is '-3'"),
        ("0,1\n1,nan\n", "line 2: cores is 'nan'"),
        ("0,1\n99999999,1\n", "more than 14 days"),
        ('{"status": "error"}', "no answer to a range query"),
        ("{", "no answer to a range query"),
    ],
)
def test_what_is_no_load_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        read_load(text, 1.0)
