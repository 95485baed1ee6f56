"""What a run found, in one place."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.load import bounds
from benchmarks.load.bounds import Verdict, verdicts
from benchmarks.load.latency import Latency
from benchmarks.load.measure import Sample
from benchmarks.load.ratios import Spread, by_round


@dataclass
class Results:
    """Filled while the run goes on."""

    machine: dict[str, str]
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    """By row and arm."""
    left_out: dict[str, str] = field(default_factory=dict)
    """What was not measured, and why: an arm, or `<row> <arm>`."""
    latencies: list[Latency] = field(default_factory=list)
    special: dict[str, float] = field(default_factory=dict)
    """By the names in `bounds`, of the gateway."""
    idle: dict[str, float] = field(default_factory=dict)
    """MiB for the idle connections, by arm."""
    rollout: tuple[int, int] | None = None
    """Requests and failures while pods were replaced."""

    def add(self, row: str, arm: str, sample: Sample) -> None:
        self.samples.setdefault((row, arm), []).append(sample)

    def ratio(self, row: str, arm: str, to: str = "nginx") -> Spread | None:
        """CPU of a unit beside another arm's in the same rounds."""
        return by_round(self._costs(row, arm), self._costs(row, to))

    def median(self, row: str, arm: str, of: str) -> float | None:
        """The median of one of the numbers of a sample."""
        taken = self.samples.get((row, arm), [])
        return median(getattr(one, of) for one in taken) if taken else None

    def failures(self, row: str, arm: str) -> int:
        return sum(one.failures for one in self.samples.get((row, arm), []))

    def verdicts(self) -> list[Verdict]:
        """The bounds against what was measured."""

        def gateway(row: str) -> float | None:
            found = self.ratio(row, "gateway")
            return found.middle if found else None

        failed = [self.failures(*key) for key in self.samples if key[1] == "gateway"]
        special = self.special | ({bounds.FAILED: float(sum(failed))} if failed else {})
        return verdicts(gateway, special.get)

    def good(self) -> bool:
        """Whether no bound was missed, and the gateway did all that it was asked to."""
        refused = any(what.endswith("gateway") for what in self.left_out)
        return not refused and all(one.holds is not False for one in self.verdicts())

    def plain(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "machine": self.machine,
            "samples": [
                {"row": row, "arm": arm, "samples": [asdict(one) for one in taken]}
                for (row, arm), taken in self.samples.items()
            ],
            "left_out": self.left_out,
            "latencies": [asdict(one) for one in self.latencies],
            "idle_connections_mib": self.idle,
            "rollout": self.rollout,
            "bounds": [
                asdict(one) | {"holds": one.holds, "hold_to": one.limit} for one in self.verdicts()
            ],
        }

    def _costs(self, row: str, arm: str) -> dict[int, float]:
        return {one.round: one.cpu for one in self.samples.get((row, arm), []) if one.rate}

    def keep_idle(self, arm: str, amount: float) -> None:
        """MiB of an arm; the gateway's are held to a bound."""
        self.idle[arm] = amount
        if arm == "gateway":
            self.special[bounds.IDLE] = amount

    def keep_rollout(self, requests: int, failures: int) -> None:
        self.rollout = requests, failures
        self.special[bounds.ROLLOUT] = float(failures)
