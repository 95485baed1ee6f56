"""Log lines: one event, one line, whatever the message holds."""

from __future__ import annotations

import logging

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
        ("none", {"empty": ""}, 'none empty=""'),
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
