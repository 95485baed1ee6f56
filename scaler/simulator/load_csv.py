"""A recorded load as CSV: a column of times and one or more of values, as spreadsheets, Grafana
and scripts write it."""

from __future__ import annotations

import csv
import io

from scaler.simulator.load_values import LoadError, Series, is_time, number_of, time_of

HEAD_LINES = 2  # names of columns, and the `sep=,` that some programs put before them
_DELIMITERS = ",;\t"


def read_csv(text: str) -> list[Series]:
    """A series for each column of values. Raises LoadError naming the line."""
    rows = csv.reader(io.StringIO(text), delimiter=delimiter_of(text))
    series: list[Series] = []
    seen: dict[float, int] = {}
    for row in rows:
        line = rows.line_num
        head = not seen and line <= HEAD_LINES
        if not any(cell.strip() for cell in row) or (head and not is_time(row[0])):
            continue
        at = _time(row, line, seen)
        series += [{} for _ in row[len(series) + 1 :]]
        for column, (cell, one) in enumerate(zip(row[1:], series, strict=False), start=2):
            value = number_of(cell, f"line {line}, column {column}")
            if value is not None:
                one[at] = value
    return series


def _time(row: list[str], line: int, seen: dict[float, int]) -> float:
    if len(row) < 2:
        raise LoadError(f"line {line}: has one column; give time and value, such as 1700000000,2.5")
    at = time_of(row[0], f"line {line}")
    if at in seen:
        raise LoadError(
            f"line {line}: the time {row[0]!r} stands in line {seen[at]} already; give one row a "
            "time, with a column for each series"
        )
    seen[at] = line
    return at


def delimiter_of(text: str) -> str:
    """What stands most often in the first lines."""
    lines = text.split("\n", HEAD_LINES)[:HEAD_LINES]
    return max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in lines))
