"""The answer to bytes that did not make a request's head, and what is written down of it.

Called by a client's connection, which closes afterwards. As in nginx, such a request has its line
in the access log; what is told of it is its first line, as far as that came.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Final

from gateway.access_log import Entry
from gateway.protocol import headers
from gateway.protocol.ids import request_id
from gateway.protocol.responses import render
from gateway.routing.answers import cross_origin
from gateway.stats import OTHER, UNKNOWN

if TYPE_CHECKING:
    from gateway.dataplane.context import Context
    from gateway.protocol.reasons import Refusal

SHOWN: Final = 1024
"""Bytes of the first line."""


def refuse(context: Context, address: str, came: bytes, refusal: Refusal, seconds: float) -> bytes:
    """The answer to the client at `address`, counted and logged. `came` is what it sent of a head,
    in `seconds`; both may be none."""
    name = request_id(context.ids.fresh()).decode("ascii")
    head = came[: context.limits.head]
    extra = cross_origin(context.cors.fields(headers.origin(head)))
    accept = headers.accept(head)
    answer = render(
        refusal, accept=accept, close=True, request_id=name, extra=extra, date=context.date
    )
    stats = context.stats.service(UNKNOWN)
    stats.refused(OTHER, refusal.status, seconds, reason=refusal.reason)
    stats.failed(refusal.reason)
    log = context.access_log
    if log.wants(refusal.status, refusal.reason):
        log.write(_entry(address, came, refusal, seconds, len(answer), name))
    return answer


def _entry(
    address: str, came: bytes, refusal: Refusal, seconds: float, sent: int, name: str
) -> Entry:
    method, target, protocol = first_line(came)
    return Entry(
        at=time(),
        service="",
        method=method,
        target=target,
        protocol=protocol,
        status=refusal.status,
        source="gateway",
        reason=refusal.reason,
        duration=seconds,
        first_byte=-1.0,
        queue_wait=0.0,
        bytes_in=len(came),
        bytes_out=sent,
        endpoint="",
        retries=0,
        client=address,
        request_id=name,
    )


def first_line(came: bytes) -> tuple[str, str, str]:
    """Method, target and version of what may be no request, as far as they can be told apart."""
    line = came[:SHOWN].lstrip(b"\r\n").partition(b"\r\n")[0].decode("latin-1")
    method, _, rest = line.partition(" ")
    target, _, protocol = rest.partition(" ")
    return method, target, protocol
