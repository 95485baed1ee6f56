"""Texts of several lines stand as they are, and any value reads back as it was."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cli.documents.blocks import write
from shared.service.documents import load_yaml

TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \t\n-:#|'\"x\u00a0\r"),
        st.characters(codec="utf-8", exclude_categories=["Cc"]),
    ),
    max_size=12,
)
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\n\tb \n", "|\n  a\n  \tb \n"),
        ("a\n\nb", "|-\n  a\n\n  b\n"),
        ("a\n\n\n", "|+\n  a\n\n\n"),
        ("  a\nb\n", "|2\n    a\n  b\n"),
        ("\na\n", "|2\n\n  a\n"),
        ("\n", "|2+\n\n"),
        ("é\u00a0\n", "|\n  é\u00a0\n"),
    ],
)
def test_blocks(text: str, block: str) -> None:
    assert write({"x": text}) == f"x: {block}"
    assert load_yaml(write({"x": text})) == {"x": text}


def test_inside_lists_and_mappings() -> None:
    value = {"a": [{"b": "1\n2\n", "c": "block0x"}, "3\n4", ["5\n"]], "d": "6\n"}
    assert write(value) == (
        "a:\n- b: |\n    1\n    2\n  c: block0x\n- |-\n  3\n  4\n- - |\n    5\nd: |\n  6\n"
    )


@pytest.mark.parametrize("value", [{"\r": ["0\n"]}, {"\r": "0\n"}, {"\r": {"\r": "0\n"}}])
def test_keys_that_have_a_line_of_their_own(value: Any) -> None:
    assert load_yaml(write({"x": value})) == {"x": value}


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_any_value_reads_back(value: Any) -> None:
    text = write({"x": value})
    assert yaml.safe_load(text) == {"x": value}
    assert yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) == {"x": value}
