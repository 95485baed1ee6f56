"""What is written down of an exchange, and the answers the gateway gives in its own name."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from gateway.access_log import Entry
from gateway.protocol import headers
from gateway.protocol.ids import request_id
from gateway.protocol.responses import render

if TYPE_CHECKING:
    from gateway.dataplane.exchange import Exchange
    from gateway.protocol.reasons import Refusal
    from gateway.protocol.responses import Answer


def count(exchange: Exchange, status: int, reason: str, now: float) -> None:
    """Count the end of an exchange at `now`, and log it if the log wants it."""
    started = exchange.started
    plan = exchange.plan
    stats = plan.route.state.stats
    stats.bytes_in += _received(exchange)
    stats.bytes_out += exchange.bytes_out
    if exchange.reply is None:
        stats.refused(plan.label, status, now - started)
    else:
        stats.answered(plan.label, status, now - started, exchange.first_byte - started)
    if exchange.tunnel:
        stats.tunnels -= 1
    if reason == "unauthorized":
        stats.auth_failures += 1
    log = exchange.client.context.access_log
    if (status >= log.least_status or reason) and log.wants(status, reason):
        log.write(_entry(exchange, status, reason, now - started))


def rendered(exchange: Exchange, answer: Refusal | Answer) -> bytes:
    """The bytes of an answer of the gateway's own."""
    plan = exchange.plan
    return render(
        answer,
        service=plan.service,
        api_port=plan.route.spec.api_port,
        request_id=_request_id(exchange),
        accept=headers.accept(exchange.request.raw),
        head_only=plan.head_only,
        close=not exchange.keep,
        extra=plan.cors,
    )


def _received(exchange: Exchange) -> int:
    """Bytes of the client; the framing of chunks is not counted."""
    upload = exchange.upload
    body = len(exchange.payload) if upload is None else upload.body.size
    return len(exchange.request.raw) + body + exchange.bytes_in


def _request_id(exchange: Exchange) -> str:
    own = exchange.request.request_id
    if own:
        return own.decode("ascii")
    exchange.ids = exchange.ids or exchange.client.context.ids.fresh()
    return request_id(exchange.ids).decode("ascii")


def _entry(exchange: Exchange, status: int, reason: str, duration: float) -> Entry:
    plan = exchange.plan
    request = exchange.request
    answered = exchange.reply is not None
    return Entry(
        at=time(),
        service=plan.service,
        method=plan.method.decode("latin-1"),
        target=request.target.decode("latin-1"),
        protocol=f"HTTP/1.{plan.minor}",
        status=status,
        source="upstream" if answered else "gateway",
        reason=reason,
        duration=duration,
        first_byte=exchange.first_byte - exchange.started if answered else -1.0,
        queue_wait=exchange.queue_wait,
        bytes_in=_received(exchange),
        bytes_out=exchange.bytes_out,
        endpoint=exchange.backend.label if exchange.backend is not None else "",
        retries=max(exchange.tries - 1, 0),
        client=exchange.client.address,
        request_id=_request_id(exchange),
        user_agent=headers.user_agent(request.raw),
    )
