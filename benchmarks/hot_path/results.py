"""The numbers of a run: rows to print, JSON to keep, and what grew beyond a bound."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Row:
    """One scenario of one checkout."""

    calls: float
    """Python calls a request."""
    garbage: float
    """Objects a request that reference counts do not free: they stay until the next collection."""
    cpu: tuple[float, ...]
    """Microseconds of CPU a request, one number a repeat."""

    @property
    def least(self) -> float:
        """What the machine's other work has added least to."""
        return min(self.cpu)

    def __str__(self) -> str:
        spread = (max(self.cpu) / self.least - 1) * 100
        middle = statistics.median(self.cpu)
        exact = f"{self.calls:>8.2f} {self.garbage:>8.2f}"
        return f"{exact} {middle:>9.2f} {self.least:>9.2f} {spread:>7.0f} %"


Rows = dict[str, Row]


def dumped(rows: Rows) -> str:
    """Rows as JSON."""
    found = {
        name: {**asdict(row), "median": statistics.median(row.cpu), "minimum": row.least}
        for name, row in rows.items()
    }
    return json.dumps(found, indent=2)


def loaded(text: str) -> Rows:
    """Rows of JSON that `dumped` wrote."""
    return {
        name: Row(row["calls"], row["garbage"], tuple(row["cpu"]))
        for name, row in json.loads(text).items()
    }


def ratios(row: Row, other: Row) -> list[float]:
    """CPU of `row` ÷ that of `other`, repeat by repeat: both were measured in turn."""
    return [one / two for one, two in zip(row.cpu, other.cpu, strict=True)]


def growth(rows: Rows, before: Rows, cpu: Mapping[str, float], within: float) -> Iterator[str]:
    """What is more than `within` percent above `before`; `cpu` is the factor for each scenario."""
    bound = 1 + within / 100
    for name in [each for each in rows if each in before]:
        new, old = rows[name].calls, before[name].calls
        if new > old * bound:
            yield f"{name}: {new:.2f} Python calls a request, {old:.2f} before"
        new, old = rows[name].garbage, before[name].garbage
        if new > old * bound:
            yield f"{name}: {new:.2f} objects of garbage a request, {old:.2f} before"
        if cpu[name] > bound:
            yield f"{name}: {(cpu[name] - 1) * 100:.1f} % more CPU a request"
