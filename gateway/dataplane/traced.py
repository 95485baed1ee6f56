"""An exchange that is followed: it notes when each of its phases begins, and hands its trace on.

In place of the plain one for the requests that are recorded, so that all others, and a gateway
that records none, pay nothing for it.
"""

from __future__ import annotations

from time import monotonic, time_ns
from typing import TYPE_CHECKING

from gateway.dataplane import straight
from gateway.dataplane.exchange import Exchange
from gateway.dataplane.placement import Placement, Stopover
from gateway.protocol.trace_context import UNREAD, handed_on, parent, traceparent
from gateway.routing.planner import Planner
from gateway.tracing import attributes
from gateway.tracing.attributes import Outcome
from gateway.tracing.trace import Trace

if TYPE_CHECKING:
    from gateway.dataplane.context import Context
    from gateway.dataplane.roles import Client, Pod
    from gateway.protocol.reasons import Refusal
    from gateway.routing.compose import Profile
    from gateway.routing.reply import Reply
    from gateway.services.route import Request, RouteTable
    from gateway.tracing.sampling import Identity, Sampler
    from gateway.tracing.trace import Name, Sink


class Tracer:
    """Begins the exchanges of a gateway that records some of its requests."""

    def __init__(self, sampler: Sampler, sink: Sink) -> None:
        self._sampler = sampler
        self._sink = sink
        self._planner: TimedPlanner

    def attach(self, context: Context) -> None:
        """Follow what becomes requests there."""
        limits, identity = context.limits, context.identity
        self._planner = context.planner = TimedPlanner(limits, identity, context.cors)

    def begin(self, client: Client, request: Request, rest: bytes) -> None:
        """As `straight.begin`, for a request that may be recorded."""
        planner = self._planner
        planned, planner.planned = planner.planned, 0.0
        if request.parent is UNREAD:
            request.parent = parent(request.raw)
        identity = self._sampler.identity(request.parent)
        if identity is None:
            straight.begin(client, request, rest)
            return
        now = monotonic()
        trace = Trace(identity, planned or now, time_ns() - int(now * 1e9))
        if planned:
            trace.spent("auth", planned, now)
        exchange = TracedExchange(client, _named(request, identity), trace, self._sink)
        client.exchange = exchange
        exchange.start(rest)


def _named(request: Request, identity: Identity) -> Request:
    """The request as its pod gets it: our span is the parent of the pod's."""
    if request.answer is not None:
        return request
    line = traceparent(identity.trace, identity.span, identity.flags)
    kept = identity.parent is not None
    return request.headed(handed_on(request.head, request.plan.line_end, line, keep_state=kept))


class TimedPlanner(Planner):
    """Knows since when the last request was planned, until that is taken; one that was remembered
    was not planned anew."""

    planned = 0.0

    def request(self, raw: bytes, profile: Profile, table: RouteTable) -> Request:
        """See `Planner.request`."""
        self.planned = monotonic()
        return super().request(raw, profile, table)


class TracedPlacement(Placement):
    """Notes by which failure each try has ended."""

    __slots__ = ("_trace",)

    def __init__(self, owner: Exchange, trace: Trace) -> None:
        super().__init__(owner)
        self._trace = trace

    def unreachable(self, refusal: Refusal) -> None:
        self._trace.fault(refusal.reason, monotonic())
        super().unreachable(refusal)

    def failed(
        self,
        refusal: Refusal,
        *,
        answered: bool,
        replayable: bool,
        stale: bool = False,
        unsent: bool = False,
    ) -> None:
        self._trace.fault(refusal.reason, monotonic())
        super().failed(
            refusal, answered=answered, replayable=replayable, stale=stale, unsent=unsent
        )


class TracedExchange(Exchange):
    """One request of one client, followed."""

    __slots__ = ("_cold", "_sink", "_trace")

    def __init__(self, client: Client, request: Request, trace: Trace, sink: Sink) -> None:
        super().__init__(client, request)
        self.placement = TracedPlacement(self, trace)
        self._trace = trace
        self._sink = sink
        self._cold = False

    def wait(self, phase: Stopover, seconds: float) -> None:
        placement = self.placement
        self._cold = self._cold or placement.cold
        name: Name = "queue" if phase == "slot" else "connect"
        self._trace.enter(name, monotonic(), placement.backend)
        super().wait(phase, seconds)

    def send(self, upstream: Pod) -> None:
        upload = self.upload
        whole = upload is None or upload.body.done
        self._trace.enter("first byte" if whole else "upload", monotonic(), upstream.backend)
        super().send(upstream)

    def await_head(self) -> None:
        self._trace.uploaded(monotonic())
        super().await_head()

    def answered(self, answer: Reply, rest: bytes) -> None:
        super().answered(answer, rest)
        if self.phase == "answer":  # what came at once had no time of its own
            self._trace.enter("body", self.first_byte, self.placement.backend)

    def _switch(self, answer: Reply, rest: bytes) -> None:
        super()._switch(answer, rest)
        if self.phase == "tunnel":
            self._trace.enter("tunnel", self.first_byte, self.placement.backend)

    def complete(self, now: float, clean: bool) -> None:
        assert self.reply is not None
        self._conclude(self.reply.status, "", now)
        super().complete(now, clean)

    def _leave(self, status: int, reason: str) -> None:
        begun = self.reply
        self._conclude(status if begun is None else begun.status, reason, monotonic())
        super()._leave(status, reason)

    def _conclude(self, status: int, reason: str, now: float) -> None:
        """Say how it ended, and hand the trace on."""
        trace, placement = self._trace, self.placement
        outcome = Outcome(
            status,
            reason,
            client=self.client.address,
            protocol=self.client.protocol,
            backend=placement.backend,
            retries=max(placement.tries - 1, 0),
            cold=self._cold,
            switched=self.tunnel is not None,
            request_id=self.request_id(),
        )
        trace.name = attributes.name(self.plan)
        trace.attributes = attributes.of_request(self.request, outcome)
        trace.failed = attributes.failed(outcome)
        trace.end(reason, now)
        self._sink.take(trace)
