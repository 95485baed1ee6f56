"""What is kept of an exchange that failed or was slow, for the people who look at the console.

Called by the record, for such exchanges alone. A pod's answer that tells of a failure is one; what
a browser is told while its service starts is none.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Final, Protocol

from gateway.access_log import redact
from gateway.dataplane import headless
from gateway.troubles import POD_FAILED, Trouble
from shared.runtime.printable import printable

if TYPE_CHECKING:
    from gateway.access_log import Source
    from gateway.dataplane.placement import Placement
    from gateway.routing.reply import Reply
    from gateway.services.route import Plan, Request

PATH: Final = 120
"""Characters kept of a path."""
FAILED: Final = 500
"""The least status by which a pod says that it failed."""
ID: Final = 64
"""The same of a request's id, which clients may choose."""


class Finished(Protocol):
    """What is read of an exchange."""

    request: Request
    plan: Plan
    placement: Placement
    reply: Reply | None
    started: float
    first_byte: float

    def request_id(self) -> str:
        """The id that the client was told."""


def note(exchange: Finished, status: int, reason: str, source: Source, now: float) -> None:
    """Count and keep a failure, and keep what was slow."""
    if source == "waiting":
        return
    stats = exchange.plan.route.state.stats
    troubles = stats.troubles
    made = _trouble(exchange, status, reason, source, now)
    if failure := reason or (POD_FAILED if status >= FAILED else ""):
        stats.failed(failure)
        troubles.failed.append(made)
    if made.first_byte_s is not None and made.first_byte_s > troubles.over:
        troubles.slow(made)


def _trouble(exchange: Finished, status: int, reason: str, source: Source, now: float) -> Trouble:
    plan, placement = exchange.plan, exchange.placement
    if plan.method:
        method, target = plan.method.decode("latin-1"), exchange.request.target.decode("latin-1")
    else:  # its head was not understood
        method, target, _ = headless.first_line(exchange.request.raw)
    backend = placement.backend
    took = exchange.first_byte - exchange.started
    return Trouble(
        at=time(),
        method=printable(method)[:16],
        path=path_of(target),
        status=status,
        reason=reason,
        source=source,
        queue_s=round(max(placement.waited, 0.0), 6),
        first_byte_s=round(took, 6) if exchange.first_byte >= 0 else None,
        duration_s=round(now - exchange.started, 6),
        pod=backend.endpoint.pod if backend is not None else "",
        address=placement.label,
        retries=max(placement.tries - 1, 0),
        request_id=printable(exchange.request_id())[:ID],
    )


def path_of(target: str) -> str:
    """The path alone, on one line; parameters of a path may hold a token as those of a query do."""
    path = redact("?" + target.partition("?")[0])[1:].partition("#")[0]
    return printable(path)[:PATH]
