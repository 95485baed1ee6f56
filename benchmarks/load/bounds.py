"""What the numbers must show; each bound is a ratio or an amount with the limit it may not pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bound, what was measured against it, and whether it holds (None: not measured)."""

    text: str
    limit: float
    measured: float | None

    @property
    def holds(self) -> bool | None:
        return None if self.measured is None else self.measured <= self.limit

    @property
    def word(self) -> str:
        """`ok`, or by how much it was missed."""
        if self.measured is None:
            return "not measured"
        if self.measured <= self.limit:
            return "ok"
        return f"MISSED by {self.measured - self.limit:.2f}" + (
            f" ({self.measured / self.limit - 1:.0%})" if self.limit else ""
        )


HOLD_TO: Final = {
    "get": 1.05,
    "get-different": 1.15,
    "post": 1.0,
    "clients": 1.15,
    "varied": 1.2,
    "sse": 1.2,
    "websocket": 1.25,
    "connection": 1.45,
    "download": 0.5,
    "upload": 0.5,
    "token": 0.1,
}
"""By row: CPU of a unit in the gateway ÷ that in nginx, the median of its ratios by round."""

IDLE: Final = "MiB for 10 000 idle connections"
SERVICES: Final = "get: CPU with 10 000 services ÷ with few"
ROLLOUT: Final = "failed requests while pods are replaced"
FAILED: Final = "units that failed in the gateway, of all rows"
SPECIAL: Final = {IDLE: 60.0, SERVICES: 1.05, ROLLOUT: 0.0, FAILED: 0.0}


def verdicts(
    ratio: Callable[[str], float | None], special: Callable[[str], float | None]
) -> list[Verdict]:
    """Every bound; the arguments say what was measured of a row, and of SPECIAL."""
    rows = [
        Verdict(f"{row}: CPU of the gateway ÷ nginx", limit, ratio(row))
        for row, limit in HOLD_TO.items()
    ]
    return rows + [Verdict(name, limit, special(name)) for name, limit in SPECIAL.items()]
