"""Logging of a process: one line an event on standard error, as text or as JSON.

The form is chosen by `LOG_FORMAT` (`text`, `json`), the least level by `LOG_LEVEL` (`INFO`). Fields
given as `extra={"fields": {…}}` stand behind the message as `key=value`, or in the JSON object.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from shared.runtime.printable import json_line, printable

FORMATS: Final = ("text", "json")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
VARIABLES: Final = {
    "LOG_LEVEL": ("INFO", "least level of the log: " + ", ".join(LEVELS)),
    "LOG_FORMAT": ("text", "form of the log: " + ", ".join(FORMATS)),
}
"""The settings of the log that every process has; see `shared.runtime.settings`."""


def setup(process: str, *, level: str = "INFO", form: str = "text") -> None:
    """Send all log records of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(process) if form == "json" else TextFormatter(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(max(logging.INFO, logging.getLevelName(level)))


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z INFO gateway: message key=value`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {key}={_word(value)}" for key, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {self._process}: {record.getMessage()}{fields}"
        line = printable(line)
        if record.exc_info:
            trace = self.formatException(record.exc_info).split("\n")
            line = "\n  ".join((line, *map(printable, trace)))  # no line of it looks like a record
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, process, logger, message and the record's fields."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json_line(entry).decode().rstrip("\n")


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    return fields


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _word(value: Any) -> str:
    """In quotes where it could be taken for more than one word, or for the next field."""
    text = str(value)
    if text and not {" ", '"'} & set(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
