"""What acts on a terminal does not reach it. nginx and HAProxy write such bytes as escapes too."""

from __future__ import annotations

import unicodedata

import orjson
import pytest

from shared.runtime.printable import json_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – text, é", "plain – text, é"),
        ("two\r\nlines\t", "two\\r\\nlines\\t"),
        ("\x1b[2J\x00\x7f", "\\x1b[2J\\x00\\x7f"),
        ("\x9b2J\x90q\x85", "\\x9b2J\\x90q\\x85"),
        ("a\u202eb\u2066\u200f\u2028", "a\\u202eb\\u2066\\u200f\\u2028"),
        ("a file \udcff", "a file \\udcff"),
        ("\xa0\u00ff", "\xa0\u00ff"),
    ],
)
def test_what_does_not_show_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_no_control_character_of_unicode_is_left_and_json_reads_back_equal() -> None:
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000)]))
    for shown in (printable(everything), json_line(everything).decode().rstrip("\n")):
        left = {c for c in shown if unicodedata.category(c) in ("Cc", "Zl", "Zp")}
        assert not left
        assert not {c for c in shown if unicodedata.bidirectional(c) in BIDIRECTIONAL}
    assert orjson.loads(json_line(everything)) == everything


BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_a_name_that_is_not_unicode_costs_no_line() -> None:
    assert json_line({"file": "\udcff\x7f"}) == b'{"file": "\\udcff\\u007f"}\n'
