"""How an exchange ends before its pod's answer is complete: refused, cut off, or left.

The base of `Exchange`, which knows the course of a request that goes well. All ends leave by
`_end`, which gives everything up.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Literal

from gateway.dataplane import record
from gateway.protocol.ids import request_id
from gateway.protocol.reasons import Refusal
from gateway.routing import reply
from gateway.routing.answers import written

if TYPE_CHECKING:
    from gateway.dataplane.placement import Placement
    from gateway.dataplane.roles import Client
    from gateway.dataplane.tunnel import Tunnel
    from gateway.dataplane.upload import Upload
    from gateway.protocol.responses import Answer
    from gateway.routing.reply import Reply
    from gateway.services.limiter import Permit
    from gateway.services.route import Plan, Request, Route

Phase = Literal["new", "slot", "connection", "body", "head", "answer", "tunnel", "ended"]
"""What is waited for: a slot, a connection, the client's body, the pod's head, the rest of its
answer; which deadline that has, and what follows when it passes."""


class Ending:
    """One request of one client, as far as its end is concerned."""

    __slots__ = (
        "bytes_out", "client", "first_byte", "id_line", "keep", "payload", "permit", "phase",
        "placement", "plan", "reply", "request", "route", "stalled", "started", "tunnel", "upload",
    )  # fmt: skip
    client: Client
    request: Request
    plan: Plan
    route: Route
    placement: Placement
    permit: Permit | None
    """Of the service's rate limit, until the request is over; None without one."""
    phase: Phase
    payload: bytes
    """All of the body, when it came with the head."""
    upload: Upload | None
    """The request's body otherwise."""
    tunnel: Tunnel | None
    reply: Reply | None
    id_line: bytes
    """The request's id, as the pod and the client are told it; made when it is first needed."""
    keep: bool
    """The client's connection is good for another request."""
    stalled: bool
    """The pod does not take what is written to it."""
    bytes_out: int
    """Of the response."""
    started: float
    first_byte: float

    def _write(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self.client.write(data)

    # -- an answer of the gateway's own

    def refuse(self, refusal: Refusal, *, close: bool = False) -> None:
        """Answer in place of the pod; a pod's answer that has begun is cut off, so that the client
        sees that it is not whole. `close`: the framing of the client's bytes is lost."""
        if self.reply is None:
            self.keep = self.keep and not close
            self._answer(refusal)
        else:
            self._leave(refusal.status, refusal.reason)
            self.client.abort()

    def _answer(self, answer: Refusal | Answer) -> None:
        self.keep = self._keeps(framed=True)
        name, date = self.request_id(), self.client.context.date
        self._write(written(answer, self.request, request_id=name, date=date, keep=self.keep))
        self._leave(answer.status, answer.reason)
        if self.keep and not answer.close:
            self.client.finished(True)
        else:
            self.client.linger()

    def request_id(self) -> str:
        """The client's, or a fresh one."""
        self.id_line = self.id_line or self.client.context.ids.fresh()
        return request_id(self.id_line).decode("ascii")

    def _leave(self, status: int, reason: str) -> None:
        """End before the pod's answer is complete; `status` counts if that has not begun. What is
        waited for is given up first: it knows how long the wait was."""
        self.placement.leave()
        if self.tunnel is not None:
            self.bytes_out += self.tunnel.bytes_out
        now = monotonic()
        record.count(self, status if self.reply is None else self.reply.status, reason, now)
        self._end(now)

    def _end(self, now: float) -> None:
        """Leave the client, and give up the pod. What points back here is let go: two that hold
        each other would wait for the garbage collector."""
        self.phase = "ended"
        self.client.exchange = self.upload = self.tunnel = None
        self.placement.release(now)
        if self.permit is not None:
            self.permit.release()

    def _keeps(self, *, framed: bool) -> bool:
        """Whether the client's connection is good for another request; `framed`: it can tell where
        the answer ends."""
        early = self.upload is not None and not self.upload.body.done
        leaving = self.client.context.leaving
        return self.keep and self.plan.keep and framed and not early and not leaving

    # -- who leaves, or is sent away

    def client_ended(self) -> bool:
        """A client that sends no more is taken to be gone; its answer must not look whole."""
        self.client.abort()
        return False

    def client_gone(self) -> None:
        """The client closed its connection: stop the pod's work at once."""
        self._leave(499, "client_gone" if self.tunnel is None else "")

    def client_stuck(self) -> None:
        """The client took too little of its answer, and is cut off."""
        self._leave(499, "send_timeout")

    def tunnel_over(self, reason: str) -> None:
        """The pod's end of the tunnel is gone, or `reason`: all is over in good order."""
        self._leave(reply.SWITCHING, reason)
        self.client.close()

    def withdrawn(self) -> None:
        """An answer that need not ever end is cut off; any other is still owed."""
        if self.phase == "answer" and self.reply is not None and self.reply.length < 0:
            self.refuse(Refusal("access_withdrawn"))

    def shut_down(self) -> None:
        self._leave(503, "shutting_down")
        self.client.abort()

    def overdue(self) -> None:
        """The pod took too long to answer, or to take what it should answer."""
        self.placement.overdue()
        self.refuse(Refusal("first_byte_timeout", seconds=self.route.spec.timeouts.first_byte))
