"""Every metric of the three programs with its type, labels and meaning, as their code has them.

`python -m tests.manifests.exposition` writes them into the table of docs/operate/monitoring.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector

from gateway.admin import metrics as gateway
from gateway.management.metrics import Metrics
from gateway.management.store.reconcile import Result
from gateway.stats import ServiceStats
from scaler.report.metrics import ScalerCollector
from scaler.report.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

PAGE: Final = Path(__file__).parents[2] / "docs" / "operate" / "monitoring.md"
_MARKS: Final = ("<!-- metrics: made by tests/manifests/exposition.py -->", "<!-- end -->")
_ENDS: Final = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "info": ("_info",),
}


@dataclass(frozen=True, slots=True)
class Described:
    """A metric as the table has it; `name` is that of its series, a histogram's without an end."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which Prometheus has it."""
        return tuple(f"{self.name.removesuffix(end)}{end}" for end in _ENDS.get(self.kind, ("",)))

    def row(self) -> str:
        """As a row of Markdown."""
        labels = ", ".join(f"`{label}`" for label in self.labels) or "–"
        return f"| `{self.name}` | {self.kind} | {labels} | {self.meaning} |"


def programs() -> dict[str, list[Described]]:
    """The metrics by program; those of a process that the library adds stand by themselves."""
    every = {key: 0 for key, *_ in (*gateway._PROCESS_COUNTERS, *gateway._PROCESS_GAUGES)}
    service = ServiceStats().snapshot() | {"endpoints": {"ready": 1}}
    snapshot = {"services": {"a": service}, **every}
    return {
        "Gateway": _described(gateway._Collector(snapshot).collect()),
        "Scaler": _described(ScalerCollector(Stats(), tuple).collect()),
        "Services API": [one for one in _management() if not one.name.startswith("process_")],
        "Each process": _described(ProcessCollector(registry=None).collect()),
    }


def _management() -> list[Described]:
    counts = Metrics()
    counts.answered("GET", "/system/services", 200, 0.1)
    counts.reconciled({Result.UNCHANGED: 1}, 0.1, 1.0)
    registry: CollectorRegistry = counts._registry
    return _described(registry.collect())


def _described(families: Iterable[Metric]) -> list[Described]:
    found = []
    for family in families:
        name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        text = family.documentation.rstrip(".").replace("|", "\\|")
        found.append(Described(name, family.type, _labels(family), text))
    return found


def _labels(family: Metric) -> tuple[str, ...]:
    """Of a family without samples those that it was made with; of others those that they have."""
    stated = tuple(getattr(family, "_labelnames", ()))
    shown = {name for sample in family.samples for name in sample.labels} - {"le"}
    return stated or tuple(sorted(shown))


def labels_of_series() -> dict[str, set[str]]:
    """The labels of each series that a program may show."""
    found: dict[str, set[str]] = defaultdict(set)
    for described in programs().values():
        for one in described:
            for name in one.series:
                found[name] |= {*one.labels, *(("le",) if name.endswith("_bucket") else ())}
    return found


def table() -> str:
    """All of them as Markdown."""
    parts = []
    for program, described in programs().items():
        rows = "\n".join(one.row() for one in described)
        head = "| metric | type | labels | meaning |\n|---|---|---|---|"
        parts.append(f"### {program}\n\n{head}\n{rows}\n")
    return "\n".join(parts)


def filled(page: str) -> str:
    """The page with the table of now."""
    begin, end = map(re.escape, _MARKS)
    made = f"{_MARKS[0]}\n\n{table()}\n{_MARKS[1]}"
    return re.sub(f"{begin}.*{end}", lambda _: made, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
