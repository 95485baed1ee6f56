"""Odd blanks are named where they stand, and only where they are not meant."""

from __future__ import annotations

import pytest

from shared.service import blanks
from shared.service.documents import DocumentError, load_yaml


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: b\u00a0c", ["line 1, column 5: a no-break space (U+00A0) stands here, which looks"]),
        ("\ufeffa: b\u00a0c", ["line 1, column 5: a no-break space"]),
        ("é: x\r\n\r\nb: c\u2003\r\n", ["line 3, column 5: an em space (U+2003)"]),
        ("a: b\n\u00a0\u00a0c: d", ["line 2, column 1: a no-break space"]),
        ("- a\u200b\n- \u200bb", ["line 1, column 4: a zero width", "line 2, column 3: a zero"]),
        ("a: b\u00adc", ["line 1, column 5: a soft hyphen (U+00AD) stands here, which cannot be"]),
        ("a: b\u2028  c", ["line 1, column 5: a line separator (U+2028)"]),
        ("a: b\x85  c", ["line 1, column 5: a character (U+0085)"]),
        ("a: \"b\u00a0c\"\nd: 'e\u200bf'", []),
        ("a: b # c\u00a0d", []),
        ("a: |\n  b\u00a0c\n", []),
        ("a: plain", []),
        ("a: ¡olé! 始 🚀", []),
    ],
)
def test_where_they_stand(text: str, told: list[str]) -> None:
    found = blanks.problems(text)
    assert [one.startswith(start) for one, start in zip(found, told, strict=True)] == [True] * len(
        told
    )


def test_the_first_ones_are_told() -> None:
    assert len(blanks.problems("\n".join(["- a\u00a0b"] * 100))) == blanks.MOST


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: c", "line 2, column 1: a tab stands here; indent with spaces alone"),
        ("a:\n  b: 1\n\tc: 2", "line 3, column 1: a tab stands here"),
        ("a:\u00a0b\nc: d", "line 1, column 3: a no-break space"),
        ("a: b # x\u00a0y\nc", "line 2, column 2: could not find expected ':'$"),
        ("a: b\n\ufeffc: d", "line 2, column 1: a zero width no-break space"),
        ("é: b\nc: x\x00y", r"line 2, column 5: a character \(U\+0000\) cannot stand in YAML"),
        ("\ufeffé: x\x00", r"line 1, column 5: a character \(U\+0000\) cannot stand in YAML"),
        ("é: x\x07y", r"line 1, column 5: a character \(U\+0007\) cannot stand in YAML"),
    ],
)
def test_a_text_that_is_no_yaml_for_their_sake(text: str, told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        load_yaml(text)
