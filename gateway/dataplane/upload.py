"""A request's body on its way to the pod, when not all of it came with the head.

Made by the exchange; owns what is kept of the body, and how fast the client sends it.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, Protocol

from gateway.dataplane.flow import BODY_AHEAD
from gateway.protocol.chunked import ChunkedBody
from gateway.protocol.framing import LengthBody
from gateway.protocol.http1 import ProtocolError
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.roles import Client
    from gateway.services.route import Route


PAUSES: Final = 6
"""Windows that a client may pause for, after it has brought so much more than it had to."""


class Uploader(Protocol):
    """The exchange whose body it is."""

    client: Client
    route: Route
    stalled: bool
    """The pod does not take what is written to it."""

    def send_body(self, data: bytes) -> None:
        """Pass on more of the body."""

    def await_body(self, seconds: float) -> None:
        """The client has so long to send more."""

    def invite(self) -> None:
        """Ask the client for the body (100)."""

    def await_head(self) -> None:
        """Nothing more is to be sent for now: the pod's time to answer begins."""

    def refuse(self, refusal: Refusal, *, close: bool = False) -> None:
        """End; `close`: the framing of the client's bytes is lost."""

    def overdue(self) -> None:
        """The pod took too long."""


class Upload:
    """Bounds the body, passes it on, and keeps its beginning for another try while that is short.

    The client is read from only as fast as the pod takes it; before the pod is reached, up to
    `limits.window` bytes are kept.
    """

    __slots__ = (
        "_asked",
        "_invited",
        "_measured",
        "_moved",
        "_opened",
        "_owner",
        "_since",
        "_surplus",
        "body",
        "payload",
        "replayable",
    )

    def __init__(self, owner: Uploader, length: int, *, chunked: bool, expects: bool) -> None:
        self._owner = owner
        self._opened = False
        self._invited = not expects
        self._asked = False
        """The gateway has asked for the body itself."""
        self._measured = 0
        self._surplus = 0.0
        """Bytes that came beyond what had to, as far as they count."""
        self._since = self._moved = owner.client.context.now
        trailers = owner.client.trailers and owner.route.spec.protocol != "http1"
        self.body = ChunkedBody(trailers=trailers) if chunked else LengthBody(length)
        self.payload = b""
        """Bytes that go with the head, kept for another try."""
        self.replayable = True
        """`payload` is all of the body that came so far."""

    @property
    def expected(self) -> bool:
        """It is the client's turn to send: the body is not complete, and waits for no 100."""
        return self._invited and not self.body.done

    @property
    def taken(self) -> bool:
        """The pod has surely read all of it. One that answers before it has read a large body may
        announce to keep the connection, and still close it after the next request (nginx does).
        """
        return self.body.done and self.replayable

    def feed(self, data: bytes) -> bool:
        """Take bytes of the client; False when they ended the exchange."""
        owner = self._owner
        client = owner.client
        limits = client.context.limits
        body = self.body
        try:
            out = body.feed(data)
        except ProtocolError as error:
            self._refuse(Refusal(error.reason, error.detail))
            return False
        if limits.body and body.size > limits.body:
            self._refuse(Refusal("body_too_large", f"more than {limits.body} bytes"))
            return False
        if body.excess:
            client.hold(body.excess)
            body.excess = b""
        self._keep(out, limits.window)
        if self._opened:
            owner.send_body(out)
            if body.done:
                owner.await_head()
            else:
                self._begin()  # who does not wait for the 100 needs none
        elif not body.done and len(self.payload) > limits.window:
            client.pause_reading(BODY_AHEAD)
        return True

    def _refuse(self, refusal: Refusal) -> None:
        self._owner.refuse(refusal, close=True)

    def _keep(self, out: bytes, window: int) -> None:
        if not self._opened or (self.replayable and len(self.payload) + len(out) <= window):
            self.payload += out
        else:
            self._forget()

    def _forget(self) -> None:
        self.replayable = False
        self.payload = b""

    def opened(self) -> None:
        """The head and the payload were written to a pod."""
        client = self._owner.client
        self._opened = True
        if len(self.payload) > client.context.limits.window:
            self._forget()
        client.resume_reading(BODY_AHEAD)
        if self.body.size:
            self._invited = True
        if self.body.done:
            self._owner.await_head()
        else:
            self._surplus = self._credited(self.body.size)
            self._measure()

    def invited(self) -> bool:
        """The pod asks for the body. The answer is whether the client is to be told: not when the
        gateway has asked it already."""
        self._begin()
        return not self._asked

    def _begin(self) -> None:
        """It is the client's turn: its rate is measured."""
        if not self._invited:
            self._invited = True
            if not self.body.done:
                self._measure()

    def _ask(self) -> None:
        """Ask for the body in place of a pod that is silent: a client that waits for the pod's word
        for ever would hold a slot (RFC 9110, section 10.1.1, has clients wait for a time only)."""
        self._asked = True
        self._owner.invite()
        self._begin()

    def reopen(self) -> None:
        """The pod failed, and another one is sought: what comes meanwhile is kept as well."""
        self._opened = False

    def moves_again(self) -> None:
        """The pod takes bytes again, so that the client may send: its time begins."""
        if self._opened and not self.body.done:
            self._measure()

    def _measure(self) -> None:
        """Begin a window, at whose end it is seen who holds the body up."""
        owner = self._owner
        route = owner.route
        now = owner.client.context.now
        if self.body.size != self._measured or not owner.stalled:
            self._moved = now
        self._measured = self.body.size
        self._since = now
        pods_turn = owner.stalled or not self._invited
        patience = self._moved + route.first_byte - now if pods_turn else inf
        owner.await_body(min(route.body, patience))

    def check_rate(self) -> None:
        """The window is over: a body that hardly moves is given up. Who holds it up is the client,
        or the pod, which has as long to take it, or to ask for it, as to answer it."""
        owner = self._owner
        now = owner.client.context.now
        still = self.body.size == self._measured
        late = still and now >= self._moved + owner.route.first_byte
        if owner.stalled or not self._invited:
            if late:
                owner.overdue()
            elif owner.stalled:
                self._measure()
            else:
                self._ask()
        elif self._keeps_up(now - self._since):
            self._measure()
        else:
            self._refuse(Refusal("request_timeout", "the body came too slowly"))

    def _keeps_up(self, seconds: float) -> bool:
        """Whether the client has brought enough. What it brings beyond that stands it in good stead
        when it pauses, but not for ever."""
        owner = self._owner
        if owner.route.body == inf:
            return True
        rate = owner.client.context.limits.body_rate
        surplus = self._surplus + self.body.size - self._measured - rate * seconds
        self._surplus = self._credited(surplus)
        return surplus >= 0

    def _credited(self, surplus: float) -> float:
        """As much of what came beyond what had to as counts; what came before the pod was reached
        does as well."""
        owner = self._owner
        most = PAUSES * owner.client.context.limits.body_rate * owner.route.body
        return min(surplus, most)

    def __repr__(self) -> str:
        state = "whole" if self.body.done else "coming" if self.expected else "not invited"
        return f"<Upload {self.body.size} bytes, {state}>"
