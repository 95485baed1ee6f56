"""What is written down of an exchange that ends: numbers, and a line of the access log.

Called by the exchange, of which it reads; it writes nothing there.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Protocol

from gateway.access_log import Entry, Source
from gateway.dataplane import headless, troubles
from gateway.dataplane.troubles import FAILED
from gateway.protocol import headers

if TYPE_CHECKING:
    from gateway.dataplane.placement import Placement
    from gateway.dataplane.roles import Client
    from gateway.dataplane.tunnel import Tunnel
    from gateway.dataplane.upload import Upload
    from gateway.routing.reply import Reply
    from gateway.services.route import Plan, Request


class Finished(Protocol):
    """What is read of an exchange."""

    client: Client
    request: Request
    plan: Plan
    placement: Placement
    reply: Reply | None
    upload: Upload | None
    tunnel: Tunnel | None
    payload: bytes
    started: float
    first_byte: float
    bytes_out: int

    def request_id(self) -> str:
        """The id that the client was told."""


def count(exchange: Finished, status: int, reason: str, now: float) -> None:
    """Count the end of an exchange at `now`, and log it if the log wants it."""
    started = exchange.started
    plan = exchange.plan
    stats = plan.route.state.stats
    received = len(exchange.request.raw) + len(exchange.payload)
    if exchange.upload is not None:
        received += exchange.upload.body.size  # the framing of chunks is not counted
    if exchange.tunnel is not None:
        received += exchange.tunnel.bytes_in
        stats.tunnels -= 1
    stats.bytes_in += received
    stats.bytes_out += exchange.bytes_out
    source: Source = "upstream"
    if exchange.reply is None:
        source = "waiting" if reason == "starting" else "gateway"
        stats.refused(plan.label, status, now - started, source, reason)
    else:
        stats.answered(plan.label, status, now - started, exchange.first_byte - started)
    if reason == "unauthorized":
        stats.auth_failures += 1
    elif reason == "send_timeout":
        stats.send_timeouts += 1
    elif reason == "access_withdrawn":
        stats.withdrawals += 1
    if reason or status >= FAILED or exchange.first_byte - started > stats.troubles.over:
        troubles.note(exchange, status, reason, source, now)
    log(exchange, status, reason, source, now, received)


def log(
    exchange: Finished, status: int, reason: str, source: Source, now: float, received: int
) -> None:
    """Log the end of an exchange at `now` which `received` so many bytes, if the log wants it."""
    kept = exchange.client.context.access_log
    if (status >= kept.least_status or reason) and kept.wants(status, reason, source):
        kept.write(_entry(exchange, status, reason, source, now - exchange.started, received))


def _entry(
    exchange: Finished, status: int, reason: str, source: Source, duration: float, received: int
) -> Entry:
    plan = exchange.plan
    request = exchange.request
    placement = exchange.placement
    answered = exchange.reply is not None
    if plan.method:
        line = plan.method.decode("latin-1"), request.target.decode("latin-1"), ""
    else:  # its head was not understood
        line = headless.first_line(request.raw)
    return Entry(
        at=time(),
        service=plan.service,
        method=line[0],
        target=line[1],
        protocol=exchange.client.protocol or line[2] or f"HTTP/1.{plan.minor}",
        status=status,
        source=source,
        reason=reason,
        duration=duration,
        first_byte=exchange.first_byte - exchange.started if answered else -1.0,
        queue_wait=placement.waited,
        bytes_in=received,
        bytes_out=exchange.bytes_out,
        endpoint=placement.label,
        retries=max(placement.tries - 1, 0),
        client=exchange.client.address,
        request_id=exchange.request_id(),
        user_agent=headers.user_agent(request.raw),
    )
