"""All samples of a run, and what is said of them: medians, spread, ratios."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.load.bounds import Verdict, verdicts
from benchmarks.load.scenarios import Sample


@dataclass
class Results:
    """Samples by (scenario, arm), in the order in which they were taken."""

    machine: dict[str, str]
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)
    """Arm → MiB for 10 000 idle connections."""
    rollout: tuple[int, int] | None = None
    """Requests and failures during the rolling restart."""

    def add(self, scenario: str, arm: str, sample: Sample) -> None:
        self.samples.setdefault((scenario, arm), []).append(sample)

    def middle(self, scenario: str, arm: str) -> Sample | None:
        """The median of each number."""
        taken = self.samples.get((scenario, arm))
        if not taken:
            return None
        return Sample(
            cpu=median(one.cpu for one in taken),
            rate=median(one.rate for one in taken),
            p50=median(one.p50 for one in taken),
            p99=median(one.p99 for one in taken),
            failures=sum(one.failures for one in taken),
        )

    def spread(self, scenario: str, arm: str) -> float:
        """(largest − smallest) ÷ median of the CPU of a unit."""
        values = [one.cpu for one in self.samples[scenario, arm]]
        return (max(values) - min(values)) / median(values) if median(values) else 0.0

    def verdicts(self) -> list[Verdict]:
        """The bounds against what was measured."""
        medians = {key: median(one.cpu for one in taken) for key, taken in self.samples.items()}
        medians |= {("idle", arm): median(values) for arm, values in self.memory.items()}
        return verdicts(medians, self.rollout[1] if self.rollout else None)

    def arms(self, scenario: str, order: Iterable[str]) -> list[str]:
        """The arms that were measured in a scenario."""
        return [arm for arm in order if (scenario, arm) in self.samples]

    def plain(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "machine": self.machine,
            "samples": [
                {"scenario": scenario, "arm": arm, "samples": [asdict(one) for one in taken]}
                for (scenario, arm), taken in self.samples.items()
            ],
            "idle_connections_mib": self.memory,
            "rollout": self.rollout,
            "bounds": [asdict(one) | {"holds": one.holds} for one in self.verdicts()],
        }
