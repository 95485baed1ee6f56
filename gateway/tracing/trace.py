"""What is recorded of one request while it runs: the phases it goes through, one after the other.

Times are monotonic seconds; `epoch` says what they are by the calendar. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.tracing.sampling import Identity

Name = Literal["auth", "queue", "connect", "upload", "first byte", "body", "tunnel"]
"""`auth`: its head is understood, routed and authorised; `queue`: it waits for a slot or a pod;
`connect`: a connection is opened; `upload`: the client's body goes to the pod; `first byte`: the
pod has the request and has not begun to answer; `body`: the answer passes; `tunnel`: as that, after
a switch of protocols."""

Value = str | int | float | bool


class Phase:
    """One of them; `backend` is the pod that it has to do with."""

    __slots__ = ("backend", "began", "ended", "error", "name")

    def __init__(self, name: Name, began: float, backend: Backend | None = None) -> None:
        self.name: Name = name
        self.began = began
        self.ended = began
        self.backend = backend
        self.error = ""
        """The reason of `gateway.protocol.reasons` by which it failed."""


class Trace:
    """A request's, from `began` to `ended`."""

    __slots__ = ("_open", "attributes", "began", "ended", "epoch", "failed", "identity", "name",
                 "phases")  # fmt: skip

    def __init__(self, identity: Identity, began: float, epoch: int) -> None:
        self.identity = identity
        self.began = self.ended = began
        self.epoch = epoch
        """Unix nanoseconds of monotonic 0."""
        self.phases: list[Phase] = []
        self._open: Phase | None = None
        self.name = ""
        self.attributes: dict[str, Value] = {}
        self.failed = False
        """By a fault of ours or of a pod's."""

    def spent(self, name: Name, began: float, ended: float) -> None:
        """A phase is over that was not followed."""
        phase = Phase(name, began)
        phase.ended = ended
        self.phases.append(phase)

    def enter(self, name: Name, now: float, backend: Backend | None = None) -> None:
        """The next phase begins at `now`; to enter the present one anew changes nothing."""
        current = self._open
        if current is not None:
            if current.name == name:
                return
            current.ended = now
        self._open = Phase(name, now, backend)
        self.phases.append(self._open)

    def uploaded(self, now: float) -> None:
        """The client's body is with the pod, if that was waited for."""
        current = self._open
        if current is not None and current.name == "upload":
            self.enter("first byte", now, current.backend)

    def fault(self, error: str, now: float) -> None:
        """The present phase has failed, which need not be the end."""
        current, self._open = self._open, None
        if current is not None:
            current.ended = now
            current.error = error

    def end(self, error: str, now: float) -> None:
        """All is over; `error` is empty when it went well."""
        self.fault(error, now)
        self.ended = now


class Sink(Protocol):
    """What takes the traces of requests that have ended."""

    def take(self, trace: Trace) -> None:
        """Take one; never waits."""
