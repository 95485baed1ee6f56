"""An answer of the gateway's own, written for the request that gets it, and when to give one.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol import grpc, headers
from gateway.protocol.navigation import navigates, wants_no_wait
from gateway.protocol.responses import render
from gateway.routing.cors import applied

if TYPE_CHECKING:
    from gateway.protocol.reasons import Refusal
    from gateway.protocol.responses import Answer
    from gateway.services.route import Request


def written(
    answer: Refusal | Answer, request: Request, *, request_id: str, date: bytes, keep: bool
) -> bytes:
    """The whole response; `date` is the line of Date; `keep`: the client can use its connection
    again."""
    plan = request.plan
    return render(
        answer,
        service=plan.service,
        api_port=plan.route.spec.api_port,
        namespace=plan.route.spec.namespace,
        request_id=request_id,
        accept=headers.accept(request.raw),
        navigation=navigates(plan.method, request.raw),
        call=grpc.asked(request.raw),
        head_only=plan.head_only,
        close=not keep,
        extra=cross_origin(plan.cors) if plan.cors else b"",
        date=date,
    )


def cross_origin(fields: bytes) -> bytes:
    """Lines of the cross-origin policy for an answer of the gateway's own."""
    return b"".join(line + b"\r\n" for line in applied(fields))


def is_impatient(request: Request) -> bool:
    """Whether a request is told that its service is starting, rather than held until it has.

    A browser would show nothing all the while; a page asks again by itself. What cannot be asked
    for again by that (a body, a WebSocket) is held.
    """
    plan = request.plan
    if plan.upgrade or plan.chunked or request.length:
        return False
    return navigates(plan.method, request.raw) or wants_no_wait(request.raw)
