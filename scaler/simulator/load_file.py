"""A load of one's own: a file of recorded series becomes work for each second."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from scaler.simulator.load_csv import read_csv
from scaler.simulator.load_prometheus import read_prometheus
from scaler.simulator.load_values import LoadError, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LONGEST_S", "LoadError", "Recording", "read_load", "text_of"]

LONGEST_S = 14 * 86_400
_LARGEST = 256 * 1024 * 1024
_COARSE_S = 60
_LONG_GAP = 5  # times the usual distance of points
_MANY = 20


@dataclass(frozen=True, slots=True)
class Recording:
    """Values for each second between the first and the last point, and what is odd about them.

    `usual_s` is the usual distance of points.
    """

    values: tuple[float, ...]
    usual_s: float
    notes: tuple[str, ...] = ()


def read_load(data: bytes, *, counter: bool = False, intervals: bool = False) -> Recording:
    """The sum of the series in `data`: CSV or the JSON of a Prometheus range query, also gzipped.

    Between two points a series runs straight, before its first and after its last it is 0. The
    values of a `counter` become rates a second; so do counts of `intervals`, each of which begins
    at its point and lasts until the next one. Raises LoadError.
    """
    text = text_of(data)
    read = read_prometheus if text.lstrip()[:1] in ("{", "[") else read_csv
    series = [sorted(one.items()) for one in read(text)]
    notes = () if counter or not any(_only_grows(one) for one in series) else (_GROWS,)
    if intervals:
        series = [_counted(one) for one in series]
    total = _sum([_rates(one) if counter else one for one in series])
    if len(total) < 2:
        raise LoadError(f"has {len(total)} points with a value; give at least two")
    if total[-1][0] - total[0][0] > LONGEST_S:
        raise LoadError("spans more than 14 days; give a shorter part, or check that times are s")
    usual = median(_gaps(total))
    return Recording(_seconds(total), usual, (*notes, *_spacing(total, usual)))


_GROWS = "the values only ever grow, as a counter does; if they are CPU seconds, say so by the unit"

Points = list[tuple[float, float]]


def text_of(data: bytes) -> str:
    """A file's text, unpacked. Raises LoadError."""
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise LoadError(f"cannot be unpacked ({error}); write it again with gzip") from error
    if len(data) > _LARGEST:
        raise LoadError("is larger than 256 MiB; give a shorter part or fewer series")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LoadError(f"is no UTF-8 text ({error}); save it as UTF-8") from error


def _rates(points: Sequence[tuple[float, float]]) -> Points:
    """What was added in each second since the point before; a counter that fell began anew."""
    return [
        (end, (after - before if after >= before else after) / (end - start))
        for (start, before), (end, after) in pairwise(points)
    ]


def _counted(points: Points) -> Points:
    """Counts over the time to the next point; the last one lasts as long as the one before."""
    lengths = [end - start for (start, _), (end, _) in pairwise(points)]
    return [
        (at, count / length)
        for (at, count), length in zip(points, lengths + lengths[-1:], strict=False)
    ]


def _sum(series: Sequence[Points]) -> Points:
    total: Series = {at: 0.0 for one in series for at, _ in one}
    times = sorted(total)
    for one in series:
        for at, value in _at(one, times):
            total[at] += value
    return sorted(total.items())


def _at(points: Points, times: Sequence[float]) -> Points:
    """The series at those of `times` that lie between its first and its last point."""
    if not points:
        return []
    inside = [at for at in times if points[0][0] <= at <= points[-1][0]]
    found, index = [], 0
    for at in inside:
        while index + 2 < len(points) and points[index + 1][0] <= at:
            index += 1
        found.append((at, _between(points[index], points[min(index + 1, len(points) - 1)], at)))
    return found


def _between(one: tuple[float, float], other: tuple[float, float], at: float) -> float:
    (start, before), (end, after) = one, other
    return before + (after - before) * (at - start) / (end - start) if end > start else before


def _seconds(points: Points) -> tuple[float, ...]:
    return tuple(
        _between(one, other, second)
        for one, other in pairwise(points)
        for second in range(math.ceil(one[0]), math.ceil(other[0]))
    )


def _only_grows(points: Points) -> bool:
    values = [value for _, value in points]
    return len(values) >= _MANY and all(a < b for a, b in pairwise(values))


def _gaps(points: Points) -> list[float]:
    return [after[0] - before[0] for before, after in pairwise(points)]


def _spacing(points: Points, usual: float) -> list[str]:
    gaps = _gaps(points)
    longest = max(gaps)
    at = points[gaps.index(longest)][0]
    notes = []
    if usual > _COARSE_S:
        notes.append(
            f"points are {usual:g} s apart, so rises look gentler than they were; record every "
            "15 s if you can"
        )
    if longest > _LONG_GAP * usual:
        notes.append(f"has no value for {longest:g} s after {at:.0f}; taken as a straight line")
    return notes
