"""An answer of the gateway's own, written for the request that gets it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol import headers
from gateway.protocol.responses import render

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
        request_id=request_id,
        accept=headers.accept(request.raw),
        head_only=plan.head_only,
        close=not keep,
        extra=plan.cors,
        date=date,
    )
