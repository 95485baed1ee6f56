"""Where a field stands in a text, by the path that a problem names."""

from __future__ import annotations

import pytest

from shared.cli.documents.positions import Position, Positions

TEXT = """\
functions:
  oscar:
  - lab:
      name: one
      environment:
        Variables:
          A.B: x
      expose:
        port: 80
        nodePort: [0, 5]
"""


@pytest.mark.parametrize(
    ("problem", "line", "column"),
    [
        ("functions.oscar[0].name: is bad", 4, 7),
        ("functions.oscar[0].environment.Variables.A.B: is bad", 7, 11),
        ("functions.oscar[0].environment.variables.A.B: is bad", 7, 11),
        ("functions.oscar[0].expose.api_port: is bad", 9, 9),
        ("functions.oscar[0].expose.NodePort[1]: is bad", 10, 23),
        ("functions.oscar[0].expose.min_scale: is missing", 8, 7),
        ("functions.oscar[0].lab.name: is bad", 4, 7),
        ("functions.oscar[0]: is bad", 3, 5),
        ("functions.oscar[7].name: is bad", 2, 3),
        ("document: is bad", 1, 1),
        ("document: the text is not valid YAML: line 3, column 9: oh", 3, 9),
    ],
)
def test_places(problem: str, line: int, column: int) -> None:
    assert Positions(TEXT).of(problem) == Position(line, column)


@pytest.mark.parametrize("text", ["[", "", "- " * 200_000, "a: &a\n  b: *a\n"])
def test_a_text_without_places(text: str) -> None:
    assert Positions(text).of("functions.oscar: is missing") == Position(1, 1)
