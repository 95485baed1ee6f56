"""What the API does not know itself and asks of the node agent: logs, usage, commands, paths.

The HTTP face calls these, the node agent gives them; neither knows the other. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from shared.embedded.api.sessions import ExecRequest, Link, Session
    from shared.service.objects import Obj


@dataclass(frozen=True, slots=True)
class LogRequest:
    """What of a container's log is asked for; None means no bound. `since` in Unix seconds."""

    container: str
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    since: float | None = None


@dataclass(slots=True)
class Providers:
    """Callbacks, set by who has the answers; a missing one is answered with 503 or 404.

    logs: the chunks of a pod's log; may raise StatusError before the first.
    pod_metrics: PodMetrics objects of a namespace (None: of all), ordered by namespace and name.
    node_metrics: NodeMetrics objects.
    node_proxy: (media type, body) of a path below a node such as `metrics/resource`, or None.
    execute: a command started in a container of a pod; attach: to a container's own process.
    dial: a TCP connection to a port of a pod; raises OSError.
    """

    logs: Callable[[Obj, LogRequest], AsyncIterator[bytes]] | None = None
    pod_metrics: Callable[[str | None], Sequence[Obj]] | None = None
    node_metrics: Callable[[], Sequence[Obj]] | None = None
    node_proxy: Callable[[str, str], tuple[str, bytes] | None] | None = None
    execute: Callable[[Obj, ExecRequest], Awaitable[Session]] | None = None
    attach: Callable[[Obj, ExecRequest], Awaitable[Session]] | None = None
    dial: Callable[[Obj, int], Awaitable[Link]] | None = None
