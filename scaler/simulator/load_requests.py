"""Recorded requests, one a row: when each came, and the tokens it brought and was given."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from scaler.simulator.load_csv import HEAD_LINES, delimiter_of
from scaler.simulator.load_file import LONGEST_S, text_of
from scaler.simulator.load_values import LoadError, is_time, number_of, time_of

_COLUMNS = ("time", "prompt tokens", "generated tokens")
_REMEDY = "give time, prompt tokens and generated tokens, such as 0.25,1469,13"


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """A request that came at `time`, in seconds, with its prompt and its answer in tokens."""

    time: float
    prompt: float
    generated: float


def read_requests(data: bytes) -> list[Request]:
    """The requests in CSV, by time; the first row may name the columns, further columns are left
    alone; also gzipped. Raises LoadError naming the line."""
    text = text_of(data)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter_of(text))
    found: list[Request] = []
    for row in rows:
        head = not found and rows.line_num <= HEAD_LINES
        if not any(cell.strip() for cell in row) or (head and not is_time(row[0])):
            continue
        found.append(_request(row, rows.line_num))
    found.sort()
    if not found:
        raise LoadError(f"has no requests; {_REMEDY}, a row each")
    if found[-1].time - found[0].time > LONGEST_S:
        raise LoadError("spans more than 14 days; give a shorter part, or check that times are s")
    return found


def _request(row: list[str], line: int) -> Request:
    if len(row) < len(_COLUMNS):
        raise LoadError(f"line {line}: has {len(row)} of three columns; {_REMEDY}")
    return Request(time_of(row[0], f"line {line}"), _tokens(row, 1, line), _tokens(row, 2, line))


def _tokens(row: list[str], column: int, line: int) -> float:
    count = number_of(row[column], f"line {line}, {_COLUMNS[column]}")
    if count is None:
        raise LoadError(f"line {line}: {_COLUMNS[column]} are missing; {_REMEDY}")
    return count


def seconds_of(requests: list[Request]) -> list[int]:
    """The second in which each came, counted from that of the first."""
    start = math.floor(requests[0].time)
    return [math.floor(each.time) - start for each in requests]
