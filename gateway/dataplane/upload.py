"""A request's body on its way to the pod, when not all of it came with the head."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from gateway.dataplane import failures
from gateway.protocol.framing import ChunkedBody, LengthBody
from gateway.protocol.http1 import ProtocolError
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.exchange import Exchange


class Upload:
    """Bounds the body, passes it on, and keeps its beginning for another try while that is short.

    The client is read from only as fast as the pod takes it; before the pod is reached, up to
    `limits.window` bytes are kept.
    """

    __slots__ = (
        "_exchange",
        "_invited",
        "_measured",
        "_moved",
        "_opened",
        "_since",
        "body",
        "replayable",
    )

    def __init__(self, exchange: Exchange, length: int, *, chunked: bool) -> None:
        self._exchange = exchange
        self._opened = False
        self._invited = not exchange.plan.expects
        self._measured = 0
        self._since = self._moved = exchange.client.context.now
        self.body = ChunkedBody() if chunked else LengthBody(length)
        self.replayable = True
        """`exchange.payload` is all of the body that came so far."""

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
        exchange = self._exchange
        client = exchange.client
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
            exchange.send_body(out)
            if body.done:
                exchange.await_head()
            else:
                self.invited()  # who does not wait for the 100 needs none
        elif len(exchange.payload) > limits.window:
            client.pause_reading()
        return True

    def _refuse(self, refusal: Refusal) -> None:
        self._exchange.keep = False
        self._exchange.refuse(refusal)

    def _keep(self, out: bytes, window: int) -> None:
        exchange = self._exchange
        if not self._opened or (self.replayable and len(exchange.payload) + len(out) <= window):
            exchange.payload += out
        else:
            self._forget()

    def _forget(self) -> None:
        self.replayable = False
        self._exchange.payload = b""

    def opened(self) -> None:
        """The head and the payload were written to a pod."""
        exchange = self._exchange
        limits = exchange.client.context.limits
        self._opened = True
        if len(exchange.payload) > limits.window:
            self._forget()
        exchange.client.resume_reading()
        if self.body.size:
            self._invited = True
        if self.expected:
            self._measure()
        else:
            exchange.await_head()

    def invited(self) -> None:
        """The client may send from now on; its rate is measured."""
        if not self._invited:
            self._invited = True
            if not self.body.done:
                self._measure()

    def reopen(self) -> None:
        """The pod failed, and another one is sought: what comes meanwhile is kept as well."""
        self._opened = False

    def _measure(self) -> None:
        exchange = self._exchange
        context = exchange.client.context
        now = context.now
        if self.body.size != self._measured or not exchange.stalled:
            self._moved = now
        self._measured = self.body.size
        self._since = now
        patience = self._moved + exchange.route.first_byte if exchange.stalled else inf
        exchange.client.until(min(now + context.limits.body_grace, patience))

    def check_rate(self) -> None:
        """The window of measurement is over: a body that hardly moves is given up. Who holds it up
        is the client, or the pod, which has as long to take it as to answer it."""
        exchange = self._exchange
        context = exchange.client.context
        moved = self.body.size - self._measured
        limit = exchange.route.first_byte
        if exchange.stalled and not moved and context.now >= self._moved + limit:
            failures.overdue(exchange)
        elif moved < context.limits.body_rate * (context.now - self._since) and (
            not exchange.stalled
        ):
            self._refuse(Refusal("request_timeout", "the body came too slowly"))
        else:
            self._measure()
