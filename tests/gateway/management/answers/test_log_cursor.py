from __future__ import annotations

import base64
import json

import pytest

from gateway.management.answers.log_cursor import (
    LONGEST,
    START,
    CursorError,
    Position,
    beyond,
    decode,
    encode,
    moved,
)
from gateway.management.answers.log_lines import split

T = "2026-01-01T00:00:0"
MOMENT = (f"{T}1", "500000000")


def test_a_cursor_reads_as_it_was_written() -> None:
    cursor = {"ocr-dlp-1": Position(MOMENT, 3), "b": Position((f"{T}2", "000000000"), 1)}
    assert decode(encode(cursor)) == cursor
    assert (encode({}), decode(START)) == (START, {})


def test_a_cursor_of_many_pods_fits_a_request_line() -> None:
    cursor = {"x" * 56 + f"{n:07}": Position(MOMENT, 999) for n in range(20)}
    assert len(encode(cursor)) < LONGEST


def written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ä",
        "A" * (LONGEST + 1),
        written([]),
        written({"a": 1}),
        written({"a": ["2026", "000000000", 1]}),
        written({"a": [f"{T}1&limitBytes=0", "000000000", 1]}),
        written({"a": [f"{T}1", "0", 1]}),
        written({"a": [f"{T}1", "000000000", True]}),
        written({"a": [f"{T}1", "000000000", -1]}),
        written({"../a": [f"{T}1", "000000000", 1]}),
        written({"a": [f"{T}1", "000000000", 1, 1]}),
    ],
)
def test_what_nobody_wrote_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorError, match="is no cursor; use the `next` of an answer"):
        decode(text)


@pytest.mark.parametrize(
    ("position", "texts"),
    [
        (None, ["1", "2", "3", "4"]),
        (Position((f"{T}0", "0" * 9), 7), ["1", "2", "3", "4"]),
        (Position(MOMENT, 1), ["2", "3", "4"]),
        (Position(MOMENT, 2), ["3", "4"]),
        (Position(MOMENT, 9), ["4"]),
        (Position((f"{T}2", "0" * 9), 1), []),
    ],
)
def test_what_lies_beyond_a_position(position: Position | None, texts: list[str]) -> None:
    lines = split(f"{T}1.5Z 1\n{T}1.5Z 2\n{T}1.5Z 3\n{T}2Z 4\n")
    assert [line.text for line in beyond(lines, position)] == texts


def test_what_has_no_time_is_not_given_again_and_again() -> None:
    lines = split(f"unable to retrieve container logs\n{T}1.5Z 1\nthe second half of it\n")
    assert [line.text for line in beyond(lines, None)] == ["1", "the second half of it"]


def test_a_position_moves_with_what_is_given() -> None:
    lines = split(f"{T}1.5Z 1\n{T}1.5Z 2\n{T}2Z 4\n")
    assert moved(None, []) is None
    assert moved(None, lines[:1]) == Position(MOMENT, 1)
    assert moved(Position(MOMENT, 4), lines[:2]) == Position(MOMENT, 6)
    assert moved(Position(MOMENT, 4), lines) == Position((f"{T}2", "0" * 9), 1)
    assert moved(None, split("no stamp\n")) is None
