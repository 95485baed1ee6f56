from __future__ import annotations

import pytest

from gateway.management.answers.log_lines import split

T = "2026-01-01T00:00:0"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        (f"{T}1Z \n", [""]),
        (f"{T}1Z a\rb\u0085c\u2028d\x0be\n", ["a\rb\u0085c\u2028d\x0be"]),
        (f"{T}1Z  indented\n", [" indented"]),
        (f"{T}2Z a\n{T}1Z the clock was set back\nno stamp\n", None),
    ],
)
def test_only_a_line_feed_ends_a_line(text: str, lines: list[str] | None) -> None:
    found = split(text)
    if lines is None:
        assert sorted(found, key=lambda line: line.moment) == found
        assert (found[-1].time, found[-1].text) == ("", "no stamp")
    else:
        assert [line.text for line in found] == lines


def test_moments_of_other_zones_are_compared_in_utc() -> None:
    lines = split(f"{T}1.5+02:00 x\n2025-99-31T24:00:00+02:00 no date\n")
    assert lines[0].moment == ("2025-12-31T22:00:01", "500000000")
