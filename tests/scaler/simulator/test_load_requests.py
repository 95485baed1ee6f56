"""Recorded requests, one a row."""

from __future__ import annotations

import gzip

import pytest

from scaler.simulator.load_requests import Request, read_requests, seconds_of
from scaler.simulator.load_values import LoadError

TEXT = b"seconds,context_tokens,generated_tokens\n10.2,100,5\n10.9,7,0\n12.0,1,2\n"
FOUND = [Request(10.2, 100, 5), Request(10.9, 7, 0), Request(12.0, 1, 2)]


def test_rows_are_requests_by_the_second_of_the_first() -> None:
    assert read_requests(TEXT) == FOUND
    assert read_requests(gzip.compress(TEXT)) == FOUND
    assert seconds_of(FOUND) == [0, 0, 2]


def test_times_as_the_dataset_has_them_in_any_order_and_with_more_columns() -> None:
    rows = b"2023-11-16 18:17:04.5,3,4,x\n2023-11-16 18:17:03.9799600,1,2,y\n"
    assert [(each.prompt, each.generated) for each in read_requests(rows)] == [(1, 2), (3, 4)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no requests; give time, prompt tokens and generated tokens"),
        ("time,prompt,generated\n", "has no requests"),
        ("0,1,1\n1,5\n", "line 2: has 2 of three columns; give time, prompt tokens"),
        ("0,1,1\nsoon,1,1\n", "line 2: time is 'soon'; give seconds"),
        ("0,1,1\n1,many,1\n", "line 2, prompt tokens: the value is 'many'; give a number from 0"),
        ("0,1,1\n1,1,-3\n", "line 2, generated tokens: the value is '-3'"),
        ("0,1,1\n1,1,\n", "line 2: generated tokens are missing; give time"),
        ("0,1,1\n99999999,1,1\n", "more than 14 days"),
    ],
)
def test_what_is_no_request_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        read_requests(text.encode())
