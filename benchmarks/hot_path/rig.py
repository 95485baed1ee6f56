"""A gateway on the loop without sockets, and the two ends that scenarios speak through.

Classes of the gateway are found by name, wherever they stand, so that a checkout whose modules are
arranged otherwise can be measured beside this one.
"""

from __future__ import annotations

import asyncio
import gc
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module, util
from pathlib import Path
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from benchmarks.hot_path.loop import FakeLoop, FakeTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    T = TypeVar("T")

TURNS = 100
"""Turns of the loop after which a pod should have been connected."""


@cache
def found(name: str) -> Any:
    """The class of the gateway that is called `name`."""
    folder = package("gateway")
    for path in sorted(folder.rglob("*.py")):
        if re.search(rf"^class {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            module = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            return getattr(import_module(module), name)
    raise LookupError(f"no file of the gateway has a class {name}")


def package(name: str) -> Path:
    """The folder that `name` is imported from."""
    spec = util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


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


async def opened(spec: dict[str, Any], request: bytes, answer: bytes) -> Rig:
    """A rig; `request` and `answer` open the connection to the pod and put it into the pool."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FakeLoop)
    limits, stats = found("Limits")(), found("Stats")()
    services = found("Services")(limits, stats)
    services.define([found("ServiceSpec")("echo", api_port=8080, **spec)])
    services.locate("echo", [found("Endpoint")("192.0.2.2", 8080, pod="echo-0")])
    log = found("AccessLog")("off", "json")
    identity, cors = found("Identity")(), found("Cors")()
    gateway = found("Gateway")(services, stats, limits, identity, cors, log)
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
    return Rig(loop, client, pod)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` answers on a loop of its own."""

    async def wrapped() -> T:
        return await work()

    with asyncio.Runner(loop_factory=FakeLoop) as runner:
        return runner.run(wrapped())
