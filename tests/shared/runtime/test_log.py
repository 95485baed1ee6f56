"""Log lines: one event, one line, whatever the message holds."""

from __future__ import annotations

import logging
import sys

import orjson
import pytest

from shared.runtime.log import JsonFormatter, TextFormatter


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("name", logging.INFO, "f.py", 1, message, None, None)
    made.created = 1767225600.5
    if fields:
        made.fields = fields
    return made


@pytest.mark.parametrize(
    ("message", "fields", "line"),
    [
        ("ready", {"port": 80}, "ready port=80"),
        ("two\nlines", {"why": "a b"}, 'two\\nlines why="a b"'),
        ("\x1b[2J\x9b", {"who": "\x85\u202e"}, "\\x1b[2J\\x9b who=\\x85\\u202e"),
        ("none", {"empty": ""}, 'none empty=""'),
        ("forged", {"who": 'x" who="root'}, 'forged who="x\\" who=\\"root"'),
        ("forged", {"who": 'x"', "path": "a\\b c"}, 'forged who="x\\"" path="a\\\\b c"'),
    ],
)
def test_text(message: str, fields: dict[str, object], line: str) -> None:
    text = TextFormatter("gateway").format(record(message, **fields))
    assert text == f"2026-01-01T00:00:00.500Z INFO gateway: {line}"


def test_json() -> None:
    entry = orjson.loads(JsonFormatter("scaler").format(record("ready", port=80)))
    assert entry == {
        "time": "2026-01-01T00:00:00.500Z",
        "level": "INFO",
        "process": "scaler",
        "logger": "name",
        "message": "ready",
        "port": 80,
    }


def test_nothing_acts_on_a_terminal_and_no_trace_forges_a_record() -> None:
    try:
        raise ValueError("\x9b2J\n2026-01-01T00:00:00.500Z INFO gateway: forged")
    except ValueError:
        made = record("failed \x9b")
        made.exc_info = sys.exc_info()
    text = TextFormatter("gateway").format(made)
    assert all(line.startswith("  ") for line in text.split("\n")[1:])
    assert "\x9b" not in text
    line = JsonFormatter("gateway").format(made)
    assert "\x9b" not in line
    assert orjson.loads(line)["message"] == "failed \x9b"
