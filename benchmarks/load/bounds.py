"""What the numbers must show; each bound is a ratio or an amount with the limit it may not pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Medians = Mapping[tuple[str, str], float]
"""(scenario, arm) → median CPU of a unit; (`idle`, arm) → MiB; (`services`, count) → CPU."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bound, what was measured against it, and whether it holds (None: not measured)."""

    text: str
    limit: float
    measured: float | None

    @property
    def holds(self) -> bool | None:
        return None if self.measured is None else self.measured <= self.limit


_RATIOS: Final = (
    ("get", "nginx", 1.3),
    ("post", "nginx", 1.3),
    ("get-different", "nginx", 1.7),
    ("get", "caddy", 0.3),
    ("post", "caddy", 0.3),
    ("get", "aiohttp", 0.2),
    ("post", "aiohttp", 0.2),
    ("download", "nginx", 0.7),
    ("upload", "nginx", 0.7),
)


def verdicts(medians: Medians, failures: int | None) -> list[Verdict]:
    """Every bound; `failures` are those of requests during the rollout."""
    ratios = [
        Verdict(
            f"{scenario}: CPU of the gateway ÷ {peer}",
            limit,
            _ratio(medians, (scenario, "gateway"), (scenario, peer)),
        )
        for scenario, peer, limit in _RATIOS
    ]
    table = _ratio(medians, ("services", "10000"), ("services", "1"))
    rollout = None if failures is None else float(failures)
    return [
        *ratios,
        Verdict("MiB for 10 000 idle connections", 60.0, medians.get(("idle", "gateway"))),
        Verdict("get: CPU with 10 000 services ÷ with one", 1.05, table),
        Verdict("failed requests during a rolling restart", 0.0, rollout),
    ]


def _ratio(medians: Medians, one: tuple[str, str], other: tuple[str, str]) -> float | None:
    above, below = medians.get(one), medians.get(other)
    return above / below if above is not None and below else None
