"""An arm of a comparison: a controller as it would be deployed, and how it decides. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaler.decision import Observation
from scaler.simulator.gateway import View
from scaler.sources.samples import Sampling

if TYPE_CHECKING:
    from scaler.simulator.scenario import Run

Decider = Callable[[Observation, float], int]
"""The replicas to ask for at a time; the number asked for already, to leave it so."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a controller finds when it starts: at the beginning, and again after each restart.

    `stored` is what it stores in the cluster; all else is gone with its process.
    """

    run: Run
    now: float
    replicas: int
    stored: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arm:
    """A controller that is asked every `period_s`; `about` says in words how it decides.

    Its observations hold samples that come about by `sampling`, and the requests at the gateway as
    `gateway` sees them; None: not at all. `share_pct`: what it aims at of a pod's concurrency, and
    `start` takes as `share`; None: it aims at the service's CPU target. `aims` False: at neither.
    """

    name: str
    about: str
    start: Callable[..., Decider]
    period_s: int = 15
    sampling: Sampling = Sampling.METRICS_SERVER
    gateway: View | None = None
    share_pct: int | None = None
    aims: bool = True
