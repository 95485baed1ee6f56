"""Series of Prometheus as numbers on a grid of times, named and shown as Grafana does it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.operations.prometheus import Series

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Lines:
    """A series; where there is no sample, its value is not a number."""

    name: str
    labels: Mapping[str, str]
    times: Numbers
    values: Numbers

    @property
    def last(self) -> float:
        """The last number, NaN if there is none."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite[-1]) if len(finite) else float("nan")


def gridded(found: Sequence[Series], times: Numbers, template: str) -> list[Lines]:
    """What a query gave, each series by the template of its name."""
    made = []
    for one in found:
        samples = one.get("values") or [one["value"]]
        by = {round(float(at), 3): float(value) for at, value in samples}
        values = np.array([by.get(round(float(at), 3), np.nan) for at in times])
        made.append(Lines(named(template, one["metric"]), one["metric"], times, values))
    return sorted(made, key=lambda one: one.name)


def named(template: str, labels: Mapping[str, str]) -> str:
    """The name of a series."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), template)


_AFFIXES: Final = {
    "reqps": " req/s",
    "cps": " c/s",
    "h": " hours",
    "percent": "%",
}
_STEPS: Final = {
    "s": ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "bytes": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B")),
    "binBps": ((2**30, "GiB/s"), (2**20, "MiB/s"), (2**10, "KiB/s"), (1, "B/s")),
}


def shown(value: float, unit: str, decimals: float | None) -> str:
    """A number with its unit."""
    if unit == "percentunit":
        return f"{_digits(100 * value, decimals)}%"
    for size, name in _STEPS.get(unit, ()):
        if abs(value) >= size:
            return f"{_digits(value / size, decimals)} {name}"
    affix = unit.removeprefix("suffix:") if unit.startswith("suffix:") else _AFFIXES.get(unit, "")
    affix = f" {unit}" if unit == "s" else affix
    return f"{_digits(value, decimals)}{affix}"


def _digits(value: float, decimals: float | None) -> str:
    if decimals is not None:
        return f"{value:.{int(decimals)}f}"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{float(text):g}" if "e" in text else text
