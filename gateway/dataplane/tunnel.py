"""What follows a pod's 101: a tunnel for bytes, both ways, that nobody looks into."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gateway.dataplane import failures
from gateway.protocol.reasons import Refusal
from gateway.routing import reply

if TYPE_CHECKING:
    from gateway.dataplane.exchange import Exchange
    from gateway.routing.reply import Reply


def begin(exchange: Exchange, answer: Reply, rest: bytes) -> None:
    """The pod switched protocols; `rest` is what came after its head."""
    upstream = exchange.upstream
    if not exchange.plan.upgrade or upstream is None:
        failures.failed(exchange, Refusal("upstream_malformed", "101 without a request to upgrade"))
        return
    if b"upgrade" not in answer.head.special:
        failures.failed(exchange, Refusal("upstream_malformed", "101 that names no protocol"))
        return
    exchange.reply = answer
    exchange.first_byte = monotonic()
    exchange.tunnel = upstream.tunnel = True
    stats = exchange.route.state.stats
    stats.tunnels += 1
    stats.tunnels_opened += 1
    exchange.write(reply.interim(answer) + rest)
    held, exchange.client.held = exchange.client.held, b""
    exchange.client.resume_reading()
    forward(exchange, held)


def forward(exchange: Exchange, data: bytes) -> None:
    """Bytes of the client, for the pod; the other way is `Exchange.relay`."""
    exchange.bytes_in += len(data)
    exchange.send_body(data)
    exchange.client.until(exchange.client.context.now + exchange.route.idle)


def upstream_ended(exchange: Exchange) -> bool:
    """The pod sends no more into the tunnel; True keeps its connection for the other way."""
    first, exchange.half_closed = not exchange.half_closed, True
    return first and exchange.client.end()


def client_ended(exchange: Exchange) -> bool:
    """The client sends no more into the tunnel; True keeps its connection."""
    first, exchange.half_closed = not exchange.half_closed, True
    if first and exchange.upstream is not None:
        exchange.upstream.end()
    return first and exchange.upstream is not None
