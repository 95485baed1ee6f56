"""What is told to a request that finds no pod of its service, and who is told at once. Pure.

Asked by the placement of a request, and by the stage in which requests wait.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from gateway.protocol import headers
from gateway.protocol.reasons import Refusal
from gateway.routing.cors import is_preflight
from shared.service.progress import Phase

if TYPE_CHECKING:
    from gateway.services.route import Request, Route
    from gateway.services.state import ServiceState
    from gateway.services.wakes import Cause
    from shared.service.progress import Progress

NOBODY_HEARS = (
    "no scaler is connected to this gateway, so that none has heard of this request; only one that "
    "runs and reaches the API server connects (gateway_scalers_connected)"
)


def cause(request: Request) -> Cause:
    """What a request that is held wants a pod for."""
    return "websocket" if request.plan.upgrade else "request"


def is_spared(route: Route, raw: bytes, rest: bytes) -> bool:
    """Whether the request `raw` for `rest`, path and query below the prefix, wakes no service that
    sleeps, by the service's definition."""
    path = rest.partition(b"?")[0].decode("latin-1")
    return route.spec.wake_except.spares(path, headers.user_agent(raw))


def unheard(request: Request) -> Refusal | None:
    """The answer to a request that neither wakes a service nor waits for it; None for others.

    A browser asks by a preflight whether it may send a request, and need not send any; what the
    application would say of that is not known without it. Where the cluster has a policy, the
    planner has answered.
    """
    if request.spared:
        return Refusal("asleep")
    raw = request.raw
    origin = headers.value(raw, b"origin")
    asked = headers.value(raw, b"access-control-request-method")
    if is_preflight(request.plan.method, origin.encode() or None, asked.encode() or None):
        return Refusal("preflight")
    return None


def starting(state: ServiceState, now: float, limit: float, scalers: int) -> Refusal:
    """What a client is told that does not wait for a pod: how far the start is, or, when there was
    no ready pod for longer than `limit` (0: no limit) and the scaler does not say why, why it may
    have failed.

    Told is for how long requests have found none; a pod may have run for longer.
    """
    vacant = state.vacant_for(now)
    progress = _told(state, scalers)
    age = state.balancer.unready_for(now)
    if progress is not None:
        said = progress.words or f"it is {progress.phase}"
        return Refusal(
            "starting", said, vacant, progress=progress, retry_after=retry_after(progress, vacant)
        )
    if (limit and vacant > limit) or is_hopeless(state, now, limit):
        return timed_out(state, now, limit, scalers)
    if age is None:
        return Refusal("starting", "there is no pod yet", vacant)
    return Refusal("starting", "its pod runs, and does not answer the readiness probe yet", age)


def disabled(state: ServiceState) -> Refusal:
    """What is told where the scaler says that no request brings a pod, and why."""
    progress = state.progress
    return Refusal("disabled", progress.words if progress is not None else "", progress=progress)


def timed_out(state: ServiceState, now: float, seconds: float, scalers: int) -> Refusal:
    """What did not come within `seconds`, with so many scalers to hear of it.

    A pod that runs and does not answer in the time that a start usually takes may listen elsewhere.
    """
    if state.balancer.candidates:
        return Refusal("queue_timeout", seconds=seconds)
    progress = _told(state, scalers)
    after = retry_after(progress, state.vacant_for(now)) if progress is not None else 0
    runs = state.balancer.unready_for(now) is not None
    odd = progress is None or progress.phase is Phase.CRASHING
    if runs and (odd or (progress and progress.phase is Phase.STARTING and not after)):
        return Refusal("not_ready", seconds=seconds, progress=progress)
    if progress is None:
        said = NOBODY_HEARS if not scalers else "there is none"
        return Refusal("no_ready_pod", said, seconds)
    said = progress.words or f"it is {progress.phase}"
    return Refusal("no_ready_pod", said, seconds, progress=progress, retry_after=after)


def is_hopeless(state: ServiceState, now: float, limit: float) -> bool:
    """Whether a pod runs and none has been ready for longer than `limit` seconds (0: no limit), nor
    than a start of this service usually takes."""
    balancer, progress = state.balancer, state.progress
    usual = (progress.usual_s or 0.0) if progress is not None else 0.0
    runs = balancer.unready_for(now) or 0.0
    return bool(limit) and not balancer.candidates and runs > max(limit, usual)


def retry_after(progress: Progress, waited: float) -> int:
    """Seconds after which a start that has taken `waited` is usually over, at least one; 0: not
    known, or it takes longer than usual."""
    if progress.usual_s is None or waited > progress.usual_s:
        return 0
    return max(ceil(progress.usual_s - waited), 1)


def remaining(limit: float, waited: float) -> float:
    """Of `limit` seconds (0: no limit) after `waited`, as a stage is given them: not below a
    moment, and 0 for no limit."""
    return max(limit - waited, 0.001) if limit else 0.0


def _told(state: ServiceState, scalers: int) -> Progress | None:
    """What the scaler says of the start, if there is one to say it anew when that changes."""
    return state.progress if scalers else None
