"""Lines as they are printed."""

from __future__ import annotations

import click
import pytest

from shared.cli.views.log_text import Style, texts

PAGE = {
    "entries": [
        {"pod": "a-1", "timestamp": "2026-01-01T00:00:00.5Z", "message": "one\x1b[2J"},
        {"pod": "a-2", "timestamp": "2026-01-01T00:00:01Z", "message": "two\r"},
    ]
}


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        (Style(), ["a-1 | one\x1b[2J", "a-2 | two\r"]),
        (Style(prefix=False), ["one\x1b[2J", "two\r"]),
        (
            Style(timestamps=True),
            [
                "a-1 | 2026-01-01T00:00:00.5Z one\x1b[2J",
                "a-2 | 2026-01-01T00:00:01Z two\r",
            ],
        ),
    ],
)
def test_lines(style: Style, lines: list[str]) -> None:
    assert list(texts(PAGE, style)) == lines


def test_on_a_terminal_pods_have_colours_and_lines_do_not_act() -> None:
    first, second = texts(PAGE, Style(terminal=True))
    assert click.unstyle(first) == "a-1 | one\\x1b[2J"
    assert click.unstyle(second) == "a-2 | two"
    assert first.startswith("\x1b[")
    assert first.partition("m")[0] != second.partition("m")[0]
    assert list(texts({}, Style(terminal=True))) == []
