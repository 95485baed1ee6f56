"""All numbers of a gateway at one moment as plain JSON, so that those of workers can be summed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.services.backend import Backend
    from gateway.services.registry import Services
    from gateway.services.route import Route
    from gateway.stats import Stats

Snapshot = dict[str, Any]
"""`services` (name → numbers) beside the numbers of the process; `ready`, and `why` it is not."""

_BATCH: Final = 200
"""Services read in one turn of the loop, so that a scrape of ten thousand holds up no request."""

_HELD: Final = frozenset(
    {
        *("in_flight", "waiting", "open", "idle_s", "seconds", "longest", "tunnels", "endpoints"),
        *("pods", "stopped", "set_auth"),
    }
)
_COUNTED: Final = frozenset(
    {
        "connections_accepted",
        "connections_refused",
        "http2_accepted",
        "http2_resets",
        "http2_cut",
        "rests",
        "certificate_failures",
        "log_dropped",
        "snapshot_failures",
        "spans_sent",
        "spans_dropped",
        "loop_lag",
        "cpu_seconds",
        "collections",
    }
)
_SAME_EVERYWHERE: Final = frozenset(
    {
        *("endpoints", "seconds", "longest", "age", "invalid", "scalers"),
        *("descriptors", "descriptors_limit", "returns_s"),
    }
)
"""What each worker sees in the same cluster, time, and what one alone may run out of: the largest
is taken, not the sum."""
_OF_THE_LAST: Final = frozenset({"idle_s", "up_s", "certificate_ends"})
"""Times for which nothing has happened in any worker, and until one will: the least is taken."""
_LOAD: Final = (
    "in_flight", "waiting", "arrivals", "request_seconds", "seconds", "longest", "open", "idle_s",
)  # fmt: skip
GATEWAY: Final = "_gateway"
"""Entry of `load` that tells of the gateway itself; no service can be called so."""


async def take(services: Services, stats: Stats, process: Snapshot) -> Snapshot:
    """The numbers of this process; `process` are those that neither argument before has."""
    found: dict[str, Any] = {}
    for index, route in enumerate(services.routes()):
        if index % _BATCH == _BATCH - 1:
            await asyncio.sleep(0)
        route.state.stats.troubles.forget(services.unix())
        found[route.state.name] = _service(route, services.monotonic())
    for name, numbers in list(stats.services.items()):  # those of no service, and of deleted ones
        if name not in found:
            found[name] = numbers.snapshot()
    return {
        "services": found,
        "connections": stats.connections,
        "connections_accepted": stats.connections_accepted,
        "connections_refused": stats.connections_refused,
        "http2_accepted": stats.http2_accepted,
        "http2_resets": stats.http2_resets,
        "http2_cut": stats.http2_cut,
        "rests": stats.rests,
        "loop_lag": stats.loop_lag.snapshot(),
        **process,
    }


def merge(snapshots: Iterable[Snapshot]) -> Snapshot:
    """The numbers of several workers as those of one gateway."""
    total: Snapshot = {}
    for snapshot in snapshots:
        total = _joined(total, snapshot)
    return total


def counters(snapshot: Snapshot) -> Snapshot:
    """What remains true of a process that ended: what it counted, without what it held."""
    services = {
        name: {key: value for key, value in numbers.items() if key not in _HELD}
        for name, numbers in snapshot["services"].items()
    }
    kept = {key: value for key, value in snapshot.items() if key in _COUNTED}
    return {"services": services, **kept}


def load(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Requests in flight and waiting by service, as the scaler reads them.

    `request_seconds` is the integral of `in_flight` over the last `seconds`, the age of the
    service's books: differences of the two, of two answers, give the mean in flight between.
    `arrivals` counts requests that came for a pod, each once; `longest` is the longest in seconds
    that a pod answered within an hour; `pods` are those known, by name, with their requests.
    `open` are all requests, streams and tunnels that are not over, those that wait included, and
    `idle_s` the seconds since the last of them ended (0 while there are some).
    `whole` is there and False while a worker does not answer, so that its requests are missing.

    GATEWAY tells which `process` answers, how long it has run (`up_s`: a service that is not listed
    was idle for as long), and how many `scalers` it can tell of a service that is wanted; its
    zeros are for scalers that take every entry for a service.
    """
    partial = {"whole": False} if snapshot.get("silent") else {}
    itself = {
        "in_flight": 0,
        "waiting": 0,
        "process": snapshot.get("process", ""),
        "up_s": snapshot.get("up_s", 0.0),
        "scalers": snapshot.get("scalers", 0),
    }
    return {GATEWAY: itself | partial} | {
        name: {key: numbers.get(key, 0) for key in _LOAD}
        | {"pods": _by_name(numbers.get("pods", {}))}
        | partial
        for name, numbers in snapshot["services"].items()
        if not name.startswith("_")
    }


def _by_name(pods: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Requests by the pod's name; a pod has an entry for each address and port that it had."""
    named: dict[str, int] = {}
    for each in pods.values():
        if name := each.get("pod", ""):
            named[name] = named.get(name, 0) + each["in_flight"]
    return named


def _service(route: Route, now: float) -> dict[str, Any]:
    state = route.state
    return {
        **state.stats.snapshot(),
        "in_flight": state.in_flight,
        "waiting": state.waiting + state.lookers(now),
        "open": state.in_flight + state.waiting,
        "idle_s": state.idle(now),
        "arrivals": state.admission.arrivals,
        "request_seconds": state.admission.request_seconds(now),
        "seconds": now - state.since,
        "longest": state.stats.peak.read(now),
        "endpoints": state.endpoints(),
        "pods": {one.label: _pod(one, now) for one in state.balancer.backends.values()},
        "stopped": route.spec.stopped,
        "set_auth": route.spec.set_auth,
    }


def _pod(backend: Backend, now: float) -> dict[str, Any]:
    """Of the flags that are told where they hold, each worker has its own opinion but of what the
    cluster says: `unready`, `ends`."""
    endpoint = backend.endpoint
    ejected = backend.ejected_until > now
    flags = {
        "unready": not endpoint.ready,
        "ends": endpoint.terminating,
        "held": backend.held,
        "early": backend.early > 0.0,
        "new": backend.penalty > 1.0,
    }
    told: dict[str, Any] = {name: flag for name, flag in flags.items() if flag}
    if ejected:
        told["returns_s"] = backend.ejected_until - now
    if backend.complaint and (ejected or backend.failures):
        told["complaint"] = backend.complaint
    return {"pod": endpoint.pod, "in_flight": backend.in_flight, "ejected": ejected} | told


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    joined = dict(one)
    for key, value in other.items():
        joined[key] = _join(key, joined[key], value) if key in joined else value
    return joined


def _join(key: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return None  # an age is not known before every worker knows one
    if key in _SAME_EVERYWHERE:
        return _largest(one, other)
    if key in _OF_THE_LAST:
        return min(one, other)
    if isinstance(one, dict):
        return _joined(one, other)
    if isinstance(one, list):
        return [first + second for first, second in zip(one, other, strict=True)]
    if isinstance(one, bool):
        return one or other
    return one or other if isinstance(one, str) else one + other


def _largest(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {key: max(one.get(key, 0), other.get(key, 0)) for key in one.keys() | other.keys()}
    return max(one, other)
