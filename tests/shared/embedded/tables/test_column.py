"""Formats shared by all columns, against tables of Kubernetes' own duration tests."""

from __future__ import annotations

import pytest

from shared.embedded.tables.column import duration, first_few, labels, selector, since

MINUTE, HOUR = 60, 3600
DAY, YEAR = 24 * HOUR, 365 * 24 * HOUR


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-0.5, "0s"),
        (0, "0s"),
        (1.9, "1s"),
        (119, "119s"),
        (120, "2m"),
        (2 * MINUTE + 1, "2m1s"),
        (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE + 59, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + MINUTE, "3h1m"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (47 * HOUR, "47h"),
        (49 * HOUR, "2d1h"),
        (48 * HOUR, "2d"),
        (8 * DAY + HOUR, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR + DAY, "2y1d"),
        (3 * YEAR, "3y"),
        (8 * YEAR + DAY, "8y"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_age_is_counted_from_whole_and_micro_timestamps() -> None:
    assert since("1970-01-01T00:01:00Z", 75) == "15s"
    assert since("1970-01-01T00:01:00.500000Z", 75) == "14s"


def test_an_object_without_timestamp_has_an_unknown_age() -> None:
    assert since(None, 75) == "<unknown>"


def test_labels_are_sorted() -> None:
    assert labels({"b": "2", "a": "1"}) == "a=1,b=2"
    assert labels(None) == "<none>"


def test_a_selector_reads_like_a_label_query() -> None:
    rules = [
        {"key": "tier", "operator": "In", "values": ["web", "api"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
    ]
    value = {"matchLabels": {"app": "x"}, "matchExpressions": rules}
    assert selector(value) == "!old,app=x,new,tier in (api,web)"
    assert selector(None) == "<none>"


def test_long_lists_tell_how_much_is_left_out() -> None:
    assert first_few(["a", "b", "c"]) == "a,b,c"
    assert first_few(["a", "b", "c", "d", "e"]) == "a,b,c + 2 more..."
