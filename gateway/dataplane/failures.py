"""What goes wrong with an exchange on the pod's side, or takes too long, and what follows."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gateway.dataplane import record
from gateway.protocol.reasons import Refusal
from gateway.routing import reply
from gateway.services import retry

if TYPE_CHECKING:
    from gateway.dataplane.exchange import Exchange
    from gateway.dataplane.upstream import UpstreamConnection
    from gateway.services.balancer import Backend


def unready_for(exchange: Exchange) -> float:
    """Seconds for which no pod has been ready although one runs: waiting longer is vain."""
    balancer = exchange.route.state.balancer
    if balancer.candidates:
        return 0.0
    return balancer.unready_for(exchange.client.context.now) or 0.0


def refuse_waiting(exchange: Exchange, seconds: float) -> None:
    """The wait for a slot is over after `seconds`, or is vain: say what was waited for."""
    balancer = exchange.route.state.balancer
    if balancer.candidates:
        reason = "queue_timeout"
    elif balancer.unready_for(exchange.client.context.now) is None:
        reason = "no_ready_pod"
    else:
        reason = "not_ready"
    exchange.refuse(Refusal(reason, seconds=seconds))


def lost(exchange: Exchange, upstream: UpstreamConnection, error: Exception | None) -> None:
    """The pod's connection is gone before the exchange has ended."""
    exchange.upstream = None
    if exchange.tunnel:
        now = monotonic()
        record.count(exchange, reply.SWITCHING, "", now)
        exchange.end(now)
        exchange.client.close()
        return
    detail = str(error) if error is not None else "without an answer"
    if exchange.reply is not None:
        detail = "in the middle of its answer"
    stale = upstream.reused and exchange.bytes_out == 0 and not upstream.began
    failed(exchange, Refusal("upstream_closed", detail), stale=stale)


def failed(exchange: Exchange, refusal: Refusal, *, stale: bool = False) -> None:
    """The pod failed this request: try another connection, or say so.

    `stale`: the pod closed an idle connection just as it was used again, which says nothing
    about its health.
    """
    state = exchange.route.state
    upstream, exchange.upstream = exchange.upstream, None
    answered = exchange.reply is not None or exchange.bytes_out > 0
    if upstream is not None:
        answered = answered or upstream.began
        upstream.abort()
    state.stats.upstream_failed(refusal.reason)
    backend = exchange.backend
    assert backend is not None
    if not stale:
        note(exchange, backend)
        exchange.tried = (*exchange.tried, backend)
    if _may_retry(exchange, answered=answered, stale=stale):
        other = backend if stale else state.balancer.other(exchange.tried, state.admission.limit)
        if other is not None:
            state.stats.retried(refusal.reason)
            state.admission.move(backend, other)
            exchange.backend = other
            exchange.sent = exchange.stalled = False
            if exchange.upload is not None:
                exchange.upload.reopen()
            exchange.dispatch(other, fresh=True)
            return
    exchange.refuse(refusal)


def _may_retry(exchange: Exchange, *, answered: bool, stale: bool) -> bool:
    upload = exchange.upload
    state = exchange.route.state
    return retry.may_retry(
        exchange.plan.method,
        tries=exchange.tries,
        sent=exchange.sent,
        answered=answered,
        replayable=upload is None or upload.replayable,
    ) and (stale or state.budget.spend(state.admission.total))


def note(exchange: Exchange, backend: Backend) -> None:
    """Count a failure against the pod; enough of them leave it out for a while."""
    state = exchange.route.state
    context = exchange.client.context
    if state.balancer.failed(backend, context.now):
        state.stats.ejections += 1
        context.services.unsettle(state)


def expired(exchange: Exchange) -> None:
    """The deadline of the phase has passed."""
    timeouts = exchange.route.spec.timeouts
    if exchange.waiting_since:
        refuse_waiting(exchange, timeouts.queue)
    elif exchange.connecting is not None:
        exchange.connecting.cancel()
        exchange.connecting = None
        failed(exchange, Refusal("connect_timeout", seconds=timeouts.connect))
    elif exchange.reply is not None:
        exchange.refuse(Refusal("idle_timeout", seconds=timeouts.idle))
    elif exchange.upload is not None and exchange.upload.expected:
        exchange.upload.check_rate()
    else:
        overdue(exchange)


def overdue(exchange: Exchange) -> None:
    """The pod took too long to answer, or to take what it should answer."""
    exchange.route.state.stats.upstream_failed("first_byte_timeout")
    if exchange.backend is not None:
        note(exchange, exchange.backend)
    seconds = exchange.route.spec.timeouts.first_byte
    exchange.refuse(Refusal("first_byte_timeout", seconds=seconds))
