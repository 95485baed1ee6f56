"""The straight request: all of it is here, a slot and an idle connection are free, and the answer
comes whole.

Most requests are like that, and need nothing of what an `Exchange` keeps for those that are not: no
stage, no upload, no second try, no body on its way. A `Straight` is written to its pod by `begin`
and to its client by `answered`, and is counted there; both do what the exchange does, byte for byte
and number for number, in as few steps as can be. As soon as anything else happens (the answer comes
in pieces, somebody leaves, stalls or is late, the pod fails) it is an `ordinary` exchange, which
goes on as if it had been one from the start.
"""

from __future__ import annotations

from bisect import bisect_left
from time import monotonic
from typing import TYPE_CHECKING

from gateway.dataplane import pool, record
from gateway.dataplane.exchange import Exchange
from gateway.stats import BOUNDS, QUICK

if TYPE_CHECKING:
    from gateway.dataplane.roles import Client, Pod
    from gateway.protocol.reasons import Refusal
    from gateway.routing.reply import Reply
    from gateway.services.route import Request, Route


def begin(client: Client, request: Request, rest: bytes) -> None:
    """Begin a client's next request; `rest` is what came of the body with the head."""
    plan = request.plan
    route = plan.route
    state = route.state
    admission = state.admission
    whole = plan.straight and request.answer is None and request.length == len(rest)
    if not whole or admission.limit or admission.waiting:
        ordinary(client, request).start(rest)
        return
    pair = next(state.balancer.pairs, None)
    if pair is None:
        state.balancer.draw()
        ordinary(client, request).start(rest)
        return
    backend, other = pair
    if other.in_flight < backend.in_flight:
        backend = other
    now = monotonic()
    # Admission.take
    backend.in_flight += 1
    backend.asked += 1
    admission.in_flight += 1
    admission.span -= now
    admission.total += 1
    upstream = pool.lease(backend, plan.repeatable, now)
    if upstream is None:
        ordinary(client, request).placed(backend, rest, now)
        return
    straight = Straight()
    client.exchange = upstream.exchange = straight
    straight.client = client
    straight.request = request
    straight.payload = rest
    straight.upstream = upstream
    straight.started = now
    context = client.context
    ids = context.ids
    fresh = ids.ready
    name = request.id_line or (fresh.pop() if fresh else ids.fresh())
    straight.id_line = name
    transport = upstream.transport
    assert transport is not None  # as leased
    transport.write(b"".join((request.head, client.forwarded, plan.tail, name, b"\r\n", rest)))
    # Client.within
    deadline = client.deadline = context.now + route.first_byte
    if deadline < client.look:
        context.deadlines.watch(client)


def ordinary(client: Client, request: Request) -> Exchange:
    """The exchange of a client's next request."""
    exchange = client.exchange = Exchange(client, request)
    return exchange


class Straight:
    """One request of one client, on its way to a pod. What `begin` knows of it is set there, as a
    constructor costs as much as all else that is done for its object."""

    __slots__ = ("client", "id_line", "payload", "request", "started", "upstream")
    is_tunnel = False

    client: Client
    request: Request
    payload: bytes
    upstream: Pod
    started: float
    """Since when it holds a slot of the pod."""
    id_line: bytes

    def answered(self, answer: Reply, rest: bytes) -> None:
        """The pod's head came, and `rest` after it."""
        client, request, upstream = self.client, self.request, self.upstream
        context, transport, backend = client.context, client.transport, upstream.backend
        state = request.plan.route.state
        stats, admission = state.stats, state.admission
        now = monotonic()
        seconds = now - self.started
        if (
            not answer.plain
            or answer.length != len(rest)
            or backend.ailing
            or transport is None
            or context.leaving
            or seconds > stats.troubles.over
        ):
            self.ordinary().answered(answer, rest)
            return
        client.exchange = upstream.exchange = None
        name = b"" if answer.named else self.id_line
        date = b"" if answer.dated else context.date
        whole = b"".join((answer.block, name, date, b"\r\n", rest))
        transport.write(whole)
        # record.count
        received = len(request.raw) + len(self.payload)
        stats.bytes_in += received
        stats.bytes_out += len(whole)
        if seconds > stats.peak.highest:
            stats.peak.highest = seconds
        stats.whole[request.plan.label][answer.status] += 1
        stats.whole_seconds += seconds
        if seconds > QUICK:
            stats.whole_later[bisect_left(BOUNDS, seconds)] += 1
        if answer.status >= context.access_log.least_status:
            self._log(answer, now, received, len(whole))
        # Placement.give_back
        if backend.leaving or len(backend.idle) >= context.limits.upstream_idle_count:
            upstream.close()
        else:
            upstream.since = now
            backend.idle.append(upstream)
        backend.in_flight -= 1
        backend.released = now
        if not request.spared:
            admission.ended = now
        admission.in_flight -= 1
        admission.span += now
        if admission.waiting:
            admission.admit(now)
        client.finished(True)

    def _log(self, answer: Reply, now: float, received: int, sent: int) -> None:
        """Write it down as the exchange would have been."""
        exchange = self.ordinary()
        exchange.reply, exchange.first_byte, exchange.bytes_out = answer, now, sent
        record.log(exchange, answer.status, "", "upstream", now, received)
        exchange.placement.forget()

    # -- whatever else happens

    def ordinary(self) -> Exchange:
        """The exchange that goes on with it."""
        client, upstream = self.client, self.upstream
        exchange = Exchange(client, self.request)
        exchange.sent(upstream, self.payload, self.id_line, self.started)
        if client.exchange is self:
            client.exchange = exchange
        if upstream.exchange is self:
            upstream.exchange = exchange
        return exchange

    @property
    def route(self) -> Route:
        return self.request.plan.route

    def interim(self, answer: Reply, rest: bytes) -> bytes:
        """A 1xx head came; what is returned of `rest` is still to be read as a head."""
        return self.ordinary().interim(answer, rest)

    def relay(self, data: bytes) -> None:
        """Never: an answer that is not whole is an ordinary exchange's."""
        self.ordinary().relay(data)

    def complete(self, now: float, clean: bool) -> None:
        """Never, as `relay`."""
        self.ordinary().complete(now, clean)

    def failed(self, refusal: Refusal) -> None:
        """The pod does not speak HTTP."""
        self.ordinary().failed(refusal)

    def lost(self, upstream: Pod, error: Exception | None) -> None:
        """The pod's connection is gone."""
        self.ordinary().lost(upstream, error)

    def upstream_stalls(self, *, stalled: bool) -> None:
        """The pod does not take what is written to it, or does again."""
        self.ordinary().upstream_stalls(stalled=stalled)

    def upstream_ended(self) -> bool:
        """The pod sends no more: the loss of its connection follows."""
        return False

    def client_data(self, data: bytes) -> None:
        """What follows the request."""
        self.client.hold(data)

    def client_ended(self) -> bool:
        """The client sends no more."""
        return self.ordinary().client_ended()

    def client_gone(self) -> None:
        """The client's connection is closed."""
        self.ordinary().client_gone()

    def client_stalls(self, *, stalled: bool) -> None:
        """The client does not read, or does again."""
        self.ordinary().client_stalls(stalled=stalled)

    def client_stuck(self) -> None:
        """The client took too little of what was written to it, and is cut off."""
        self.ordinary().client_stuck()

    def withdrawn(self) -> None:
        """An answer that has not begun is still owed."""

    def shut_down(self) -> None:
        """The gateway ends, and has waited for long enough."""
        self.ordinary().shut_down()

    def expired(self) -> None:
        """The deadline has passed."""
        self.ordinary().expired()

    def __repr__(self) -> str:
        return repr(self.ordinary())
