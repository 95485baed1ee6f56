"""What the two ends of an exchange and those who serve them ask of each other.

Connections, stages and the exchange meet here, so that none of them needs to know another's file.
What a stage asks of its owner stands in the stage's own file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asyncio import Transport

    from gateway.dataplane.context import Context
    from gateway.protocol.framing import Body
    from gateway.protocol.reasons import Refusal
    from gateway.routing.reply import Reply
    from gateway.services.backend import Backend
    from gateway.services.route import Route


class Client(Protocol):
    """A client's connection, as the exchange and its stages see it."""

    context: Context
    transport: Transport | None
    """None when it is closed."""
    address: str
    forwarded: bytes
    """What this connection adds to X-Forwarded-For, and the beginning of Forwarded."""
    stalled: bool
    """The client does not read what is written to it."""
    deadline: float
    look: float
    """Of `net.deadlines`: when the wheel comes by."""
    exchange: ClientHandler | None
    trailers: bool
    """The client takes the trailers of answers, and sends its own."""
    protocol: str
    """What it speaks; empty: HTTP/1, as each of its heads says."""

    def write(self, data: bytes) -> None:
        """Send bytes, if the client is still there."""

    def within(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now, sooner or later than it was; `inf`: none."""

    def hold(self, data: bytes) -> None:
        """Keep bytes until the exchange has ended."""

    def release(self) -> None:
        """Hand what was held to the handler, which takes everything from now on."""

    def finished(self, keep: bool) -> None:
        """The exchange has ended; what it wrote may still be on its way."""

    def linger(self) -> None:
        """Close without losing the response."""

    def end(self) -> bool:
        """Send no more, and keep reading; False when the connection cannot do that."""

    def close(self) -> None:
        """Close when everything written has gone out."""

    def abort(self) -> None:
        """Close at once."""

    def pause_reading(self, reason: int) -> None:
        """Do not read, for a reason of `flow`."""

    def resume_reading(self, reasons: int) -> None:
        """Take `reasons` back."""


class ClientHandler(Protocol):
    """Serves a client's connection while a request is on it: the exchange, or its tunnel."""

    is_tunnel: bool

    @property
    def route(self) -> Route:
        """Where the request goes."""

    def client_data(self, data: bytes) -> None:
        """More bytes of the client."""

    def client_ended(self) -> bool:
        """The client sends no more; True keeps its connection open for the other way."""

    def client_gone(self) -> None:
        """The client's connection is closed."""

    def client_stalls(self, *, stalled: bool) -> None:
        """The client does not read, or does again."""

    def client_stuck(self) -> None:
        """The client took too little of what was written to it, and is cut off."""

    def withdrawn(self) -> None:
        """What let this in is gone for so long that nothing endless may go on."""

    def shut_down(self) -> None:
        """The gateway ends, and has waited for long enough."""

    def expired(self) -> None:
        """The deadline has passed."""


class Pod(Protocol):
    """A connection to a pod, as the exchange, its tunnel and the pool see it."""

    backend: Backend
    transport: Transport | None
    """None when it is closed."""
    exchange: AnswerHandler | None
    tunnel: PodHandler | None
    """Takes all bytes as they are, from a 101 on."""
    body: Body | None
    """The response's body on its way."""
    reused: bool
    """It has carried an exchange before the one it carries now."""
    since: float
    """When it was given back to the pool, monotonic seconds."""

    @property
    def began(self) -> bool:
        """The beginning of a head has come."""

    def write(self, data: bytes) -> None:
        """Send bytes, if the pod is still there."""

    def write_more(self, data: bytes) -> None:
        """Send more of a request's body."""

    def begin_body(self, body: Body, rest: bytes) -> None:
        """The head was passed on; `rest` of what came with it begins the body."""

    def end(self) -> None:
        """Send no more, and keep reading."""

    def close(self) -> None:
        """Close after what is written has gone out."""

    def abort(self) -> None:
        """Close at once, so that the pod stops its work."""

    paused: int
    """The reasons of `flow` for which it is not read from."""

    def pause_reading(self, reason: int) -> None:
        """Do not read, for a reason of `flow`."""

    def resume_reading(self, reasons: int) -> None:
        """Take `reasons` back."""


class PodHandler(Protocol):
    """Serves a pod's connection: the exchange, or its tunnel."""

    def relay(self, data: bytes) -> None:
        """Bytes of the body or of the tunnel, to be passed on."""

    def lost(self, upstream: Pod, error: Exception | None) -> None:
        """The pod's connection is gone."""

    def upstream_stalls(self, *, stalled: bool) -> None:
        """The pod does not take what is written to it, or does again."""

    def upstream_ended(self) -> bool:
        """The pod sends no more; True keeps its connection open for the other way."""


class AnswerHandler(PodHandler, Protocol):
    """Takes the answer that a pod's connection cuts out of its bytes: the exchange. Any call but
    `answered` may put another one in its place."""

    def interim(self, answer: Reply, rest: bytes) -> bytes:
        """A 1xx head came; what is returned of `rest` is still to be read as a head."""

    def answered(self, answer: Reply, rest: bytes) -> None:
        """The pod's head came, and `rest` after it."""

    def complete(self, now: float, clean: bool) -> None:
        """The body has ended; `clean`: nothing came after it."""

    def failed(self, refusal: Refusal) -> None:
        """The pod does not speak HTTP."""


class Stage(Protocol):
    """What a request waits for before it is sent."""

    def expired(self) -> None:
        """Its time is over."""

    def cancel(self) -> float:
        """The exchange ends meanwhile; the answer is how long it waited for a slot, in seconds."""
