"""A recorded load: CSV, or what Prometheus answers to `query_range`, as cores used over time."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import datetime
from itertools import pairwise
from typing import Any

Point = tuple[float, float]

_LONGEST_S = 14 * 86_400


class LoadError(ValueError):
    """The file cannot be used as a load; the message says where and why."""


def read_load(text: str, cores_per_pod: float) -> tuple[float, ...]:
    """Pods' worth of work for each second between the first and the last point of `text`.

    `text` is CSV with the columns time (seconds or ISO 8601) and cores, with or without a header,
    or the JSON of a Prometheus range query, whose series are added. Between two points the load
    runs straight. Raises LoadError.
    """
    points = _prometheus(text) if text.lstrip().startswith("{") else _csv(text)
    if len(points) < 2:
        raise LoadError(f"has {len(points)} points; give at least two")
    points.sort()
    if points[-1][0] - points[0][0] > _LONGEST_S:
        raise LoadError("spans more than 14 days; give a shorter part, or check that times are s")
    return tuple(cores / cores_per_pod for cores in _seconds(points))


def _seconds(points: list[Point]) -> list[float]:
    load: list[float] = []
    for (start, before), (end, after) in pairwise(points):
        for second in range(math.ceil(start), math.ceil(end)):
            share = (second - start) / (end - start)
            load.append(before + (after - before) * share)
    return load


def _csv(text: str) -> list[Point]:
    points = []
    for number, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        if not row or (number == 1 and not _is_time(row[0])):
            continue
        if len(row) < 2:
            raise LoadError(f"line {number}: has one column; give time and cores")
        points.append((_time(row[0], f"line {number}"), _cores(row[1], f"line {number}")))
    return points


def _prometheus(text: str) -> list[Point]:
    try:
        series = json.loads(text)["data"]["result"]
        pairs = [(float(at), str(value)) for one in series for at, value in one["values"]]
    except (ValueError, KeyError, TypeError) as error:
        raise LoadError(
            f"is no answer to a range query ({error!r}); give the JSON of /api/v1/query_range"
        ) from error
    total: dict[float, float] = {}
    for at, value in pairs:
        total[at] = total.get(at, 0.0) + _cores(value, f"the value at {at:g}")
    return list(total.items())


def _is_time(text: str) -> bool:
    try:
        _time(text, "")
    except LoadError:
        return False
    return True


def _time(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except ValueError as error:
        raise LoadError(f"{where}: time is {text!r}; give seconds or ISO 8601") from error


def _cores(text: Any, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise LoadError(f"{where}: cores is {text!r}; give a number from 0")
    return value
