"""Ages, and text that is safe on a terminal."""

from __future__ import annotations

import pytest

from shared.cli.views.text import age, one_line, shown

NOW = "2026-01-03T00:00:00.5+00:00"


@pytest.mark.parametrize(
    ("then", "text"),
    [
        ("2026-01-02T23:59:15Z", "45s"),
        ("2026-01-02T23:58:01Z", "119s"),
        ("2026-01-02T23:47:00.000000Z", "13m"),
        ("2026-01-02T20:00:00Z", "4h"),
        ("2025-12-26T00:00:00Z", "8d"),
        ("2026-01-03T00:00:09Z", "0s"),
        ("", "?"),
        (None, "?"),
        ("yesterday", "?"),
    ],
)
def test_ages(then: str | None, text: str) -> None:
    assert age(then, NOW) == text


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("plain\ttext é 漢", "plain\ttext é 漢"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("10%\r20%", "10%\\r20%"),
        ("of Windows\r", "of Windows"),
        ("\u202eevil\u2028", "\\u202eevil\\u2028"),
        ("\x9b2J", "\\x9b2J"),
    ],
)
def test_what_a_terminal_gets(given: str, seen: str) -> None:
    assert shown(given) == seen


def test_text_of_others_stays_on_its_line() -> None:
    assert one_line("a\n  b\x1b[2J") == "a b\\x1b[2J"
    assert one_line(None) == ""
