"""Times as objects hold them."""

from __future__ import annotations

import re

import pytest

from shared.embedded.schema import times
from shared.embedded.schema.times import timestamp


def test_a_time_has_whole_seconds_in_utc() -> None:
    assert timestamp(1_700_000_000.9) == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("2030-01-01T00:00:00.75Z", "2030-01-01T00:00:00Z"),
        ("2030-01-01T01:00:00+02:00", "2029-12-31T23:00:00Z"),
    ],
)
def test_times_are_shown_in_utc(given: str, expected: str) -> None:
    assert times.canonical_time(given) == expected


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("2030-01-01T00:00:00Z", 'cannot parse "Z" as ".000000"'),
        ("2030-01-01T00:00:00.123456789Z", 'cannot parse "789Z" as "Z07:00"'),
        ("x", 'parsing time "x" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "x" as "2006"'),
        ("2030-13-01T00:00:00.000000Z", 'parsing time "2030-13-01T00:00:00.000000Z": month out of'),
        ("2030-02-30T00:00:00.000000Z", "day out of range"),
        ("2030-02-03T00:00:00.000000Zx", 'extra text: "x"'),
    ],
)
def test_a_micro_time_has_six_digits(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        times.canonical_micro_time(given)
