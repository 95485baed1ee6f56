"""A pod of the model: its container starts, becomes ready, ends, and starts again. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from scaler.decision.types import Container, Pod

if TYPE_CHECKING:
    from scaler.simulator.scenario import World

CONTAINER: Final = "app"
NO_IMAGE: Final = "ImagePullBackOff"
BACK_OFF: Final = "CrashLoopBackOff"

_FIRST_S, _MOST_S, _FORGOTTEN_S = 10.0, 300.0, 600.0


class SimPod:
    """A pod; `cpu` is the counter of milliCPU-seconds of the present run of its container, which
    began at `running` (None: none runs). `waiting` is why not, where it is no matter of course."""

    __slots__ = (
        "cpu",
        "created",
        "deleted",
        "ends",
        "name",
        "ready",
        "ready_at",
        "running",
        "runs_at",
        "skew",
        "started",
        "transitioned",
        "version",
        "waiting",
    )

    def __init__(self, name: str, created: float, version: int, skew: float) -> None:
        self.name = name
        self.created = created
        self.version = version
        self.skew = skew
        self.started: float | None = None
        self.running: float | None = None
        self.runs_at = math.inf
        self.waiting = ""
        self.ends = 0
        self.ready = False
        self.ready_at = math.inf
        self.transitioned: float | None = None
        self.deleted: float | None = None
        self.cpu = 0.0

    def found(self, started: float, ready: float) -> None:
        """It has been there for long."""
        self.started = self.running = started
        self.ready, self.transitioned = True, ready

    def run(self, now: float, start_s: float) -> None:
        """The container runs, and answers after `start_s`."""
        self.running, self.waiting = now, ""
        self.ready_at = now + start_s
        self.cpu = 0.0

    def answer(self, now: float) -> None:
        """The container answers: the pod is ready."""
        self.ready, self.transitioned = True, now

    def end(self, now: float) -> None:
        """The container ends. It is started again by the kubelet: at once the first time, then
        after a pause that doubles, until a run has lasted long enough."""
        lasted = now - (self.running or 0.0)
        self.ends = 1 if lasted >= _FORGOTTEN_S else self.ends + 1
        pause = back_off_s(self.ends)
        if self.ready:
            self.ready, self.transitioned = False, now
        self.running, self.runs_at, self.ready_at = None, now + pause, math.inf
        self.waiting = BACK_OFF if pause else ""

    def observed(self, world: World) -> Pod:
        """As the API server would show it."""
        ran = self.running is not None or self.ends > 0
        return Pod(
            name=self.name,
            phase="Running" if ran else "Pending",
            deleted=self.deleted is not None,
            ready=None if self.started is None else ("True" if self.ready else "False"),
            started=self.started,
            transitioned=self.transitioned,
            containers=(Container(CONTAINER, world.request_m, world.limit_m),),
            running=self.running,
            waiting=self.waiting,
        )


def back_off_s(ends: int) -> float:
    """The pause after a container has ended so many times (Kubernetes, "Pod Lifecycle": ten
    seconds, doubled up to five minutes, forgotten after a run of ten)."""
    return 0.0 if ends < 2 else min(_MOST_S, _FIRST_S * 2.0 ** (ends - 2))
