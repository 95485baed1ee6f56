"""A gateway on the loop without sockets, and the two ends that scenarios speak through."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from benchmarks.hot_path import recording
from benchmarks.hot_path.found import found
from benchmarks.hot_path.loop import FakeLoop, FakeTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from benchmarks.hot_path.recording import Kept

    T = TypeVar("T")

TURNS = 100
"""Turns of the loop after which a pod should have been connected."""


@dataclass
class End:
    """A connection of the gateway, and what it writes there."""

    protocol: asyncio.Protocol
    transport: FakeTransport


@dataclass
class Rig:
    """A gateway before one service, `echo`, whose only pod has answered once."""

    loop: FakeLoop
    client: End
    pod: End
    kept: Kept | None = None
    """Takes the traces, if requests are recorded."""

    def rest(self) -> None:
        """Collect garbage. The pod's connection is as fresh after it, however long it took, for an
        older one is not used for every request."""
        gc.collect()
        self.pod.protocol.since = monotonic()  # type: ignore[attr-defined]

    def another(self) -> End:
        """One more client."""
        return accepted(self.loop)


def accepted(loop: FakeLoop) -> End:
    """A new client's connection."""
    end = End(loop.accept(), FakeTransport())
    end.protocol.connection_made(end.transport)
    return end


async def opened(
    spec: dict[str, Any], request: bytes, answer: bytes, ratio: float | None = None
) -> Rig:
    """A rig; `request` and `answer` open the connection to the pod and put it into the pool. The
    share `ratio` of requests is recorded, where it is given."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FakeLoop)
    limits, stats = found("Limits")(), found("Stats")()
    services = found("Services")(limits, stats)
    services.define([found("ServiceSpec")("echo", api_port=8080, **spec)])
    services.locate("echo", [found("Endpoint")("192.0.2.2", 8080, pod="echo-0")])
    log = found("AccessLog")("off", "json")
    identity, cors = found("Identity")(), found("Cors")()
    kept = recording.Kept() if ratio is not None else None
    more = {} if kept is None else {"tracer": recording.tracer(ratio or 0.0, kept)}
    gateway = found("Gateway")(services, stats, limits, identity, cors, log, **more)
    with socket() as unused:
        await gateway.listen(unused)
    client = accepted(loop)
    client.protocol.data_received(request)
    for _ in range(TURNS):
        if loop.dialled and loop.dialled[-1][1].written:
            break
        await asyncio.sleep(0)
    pod = End(*loop.dialled[-1])
    pod.protocol.data_received(answer)
    client.transport.taken()
    pod.transport.taken()
    return Rig(loop, client, pod, kept)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` answers on a loop of its own."""

    async def wrapped() -> T:
        return await work()

    with asyncio.Runner(loop_factory=FakeLoop) as runner:
        return runner.run(wrapped())
