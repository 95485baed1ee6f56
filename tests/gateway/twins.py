"""One course of events on two gateways without sockets: one that goes the straight way, with all
that is remembered for it, and one that makes an exchange of each request and reads each head anew.

Clock, ids and dates are the script's, so that all that the two do can be compared to the last byte.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count, repeat
from socket import socket
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.hot_path.loop import FakeLoop
from gateway.dataplane import straight
from gateway.dataplane.client import ClientConnection
from gateway.dataplane.server import Gateway
from gateway.dataplane.upstream import UpstreamConnection
from gateway.limits import Identity, Limits
from gateway.protocol.ids import Ids
from gateway.routing.cors import Cors
from gateway.services.registry import Services
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import Stats
from tests.gateway.harness import Log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.dataplane.roles import Client
    from gateway.services.route import Request

Step = tuple[str, bytes]
"""What happens: `ask` (the client sends), `answer` (the pod that has a request sends), and, without
bytes, `client ends`, `client leaves`, `pod ends`, `pod breaks`, `tick`, `leave`, `stall`, `go on`.
"""

HELD = ("in_flight", "span", "total", "arrivals", "ended", "limit")
JUDGED = (
    "in_flight", "asked", "released", "failures", "trouble", "ejections", "ejected_until",
    "ailing", "complaint", "leaving",
)  # fmt: skip
"""What the admission and each pod are asked for."""
CLOCKS = ("ending", "exchange", "placement", "straight", "upstream", "waiting")
TURNS = 6
"""Of the loop, until all has come of a step that may."""


class End(asyncio.Transport):
    """Takes every byte, and tells its protocol of its end as a socket would."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("192.0.2.1", 40000)})
        self.protocol = protocol
        self.out = b""
        self.fate = "open"

    def write(self, data: Any) -> None:
        if self.fate == "open":
            self.out += data

    def is_closing(self) -> bool:
        return self.fate != "open"

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever buffered."""

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.out += b"<end>"

    def pause_reading(self) -> None:
        """The script goes on all the same."""

    def resume_reading(self) -> None:
        """As above."""

    def close(self) -> None:
        self.lose("closed", None)

    def abort(self) -> None:
        self.lose("aborted", None)

    def lose(self, fate: str, error: Exception | None) -> None:
        """End; the protocol is told in the next turn."""
        if self.fate == "open":
            self.fate = fate
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, error)


class Loop(FakeLoop):
    """Who connects is connected at once, to nobody; `pods` are those ends, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.pods: list[End] = []

    async def create_connection(self, protocol_factory: Any, *_: Any, **__: Any) -> Any:
        """As `FakeLoop` has it, with an end that can end."""
        protocol: asyncio.Protocol = protocol_factory()
        end = End(protocol)
        protocol.connection_made(end)
        self.pods.append(end)
        return end, protocol


@dataclass
class Course:
    """What came of a script: what each end was sent and how it ended, and the books after each
    step."""

    clients: list[tuple[bytes, str]] = field(default_factory=list)
    pods: list[tuple[bytes, str]] = field(default_factory=list)
    books: list[Any] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    straight: int = 0
    """Requests that were answered on the straight way."""


def course(steps: list[Step], *, plain: bool, pods: int = 1, spec: Any = None) -> Course:
    """What comes of `steps`; `plain`: without the straight way."""
    made = Course()

    async def work() -> None:
        with _world(made, plain=plain) as clock:
            await _play(steps, made, clock, _Setup(plain=plain, pods=pods, spec=spec or {}))

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(work())
    return made


@contextmanager
def _world(made: Course, *, plain: bool) -> Iterator[list[float]]:
    clock = [1000.0]
    answered = straight.Straight.answered

    def counted(self: straight.Straight, answer: Any, rest: bytes) -> None:
        before = self.upstream.exchange
        answered(self, answer, rest)
        made.straight += before is self and self.client.exchange is None

    with ExitStack() as stack:
        for name in CLOCKS:
            stack.enter_context(patch(f"gateway.dataplane.{name}.monotonic", lambda: clock[0]))
        for name in ("record", "troubles"):
            stack.enter_context(patch(f"gateway.dataplane.{name}.time", lambda: clock[0]))
        stack.enter_context(patch.object(straight.Straight, "answered", counted))
        stack.enter_context(patch("gateway.services.pairs.drawn", _first))
        if plain:
            stack.enter_context(patch("gateway.routing.reply.COMPARED", 0))
            stack.enter_context(patch("gateway.protocol.chunked._EVENT", -1))
        yield clock


def _first(pods: list[Any], _: object) -> Iterator[Any]:
    """As `pick` chooses with a source of chance that always answers the same."""
    return repeat((pods[0], pods[-1])) if pods else iter(())


@dataclass(frozen=True)
class _Setup:
    plain: bool
    pods: int
    spec: dict[str, Any]


async def _play(steps: list[Step], made: Course, clock: list[float], setup: _Setup) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)
    limits, stats, log = Limits(), Stats(), Log()
    services = Services(
        limits, stats, monotonic=lambda: clock[0], unix=lambda: clock[0], random=lambda: 0.25
    )
    services.define([ServiceSpec("echo", **{"api_port": 8080, **setup.spec})])
    ends = [Endpoint("192.0.2.2", 8080 + one, pod=f"echo-{one}") for one in range(setup.pods)]
    services.locate("echo", ends)
    gateway = Gateway(services, stats, limits, Identity(), Cors(), log)
    if setup.plain:
        gateway.connections.begin = _ordinary
    context = gateway.context
    numbers = count()
    context.ids = Ids(lambda size: next(numbers).to_bytes(1, "big") * size)
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        await gateway.listen(unused)
    assert gateway._timer is not None
    gateway._timer.cancel()
    context.date, context.now = b"Date: today\r\n", clock[0]
    clients: list[End] = []
    for what, data in steps:
        clock[0] += 0.001
        if not clients or (what == "ask" and clients[-1].fate != "open"):
            clients.append(_accepted(loop))
        _step(what, data, gateway, clients[-1], loop, clock)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        made.books.append((what, *_books(services, stats, clients)))
    made.clients = [(one.out, one.fate) for one in clients]
    made.pods = [(one.out, one.fate) for one in loop.pods]
    await gateway.close()
    made.entries = list(log.entries)


def _ordinary(client: Client, request: Request, rest: bytes) -> None:
    straight.ordinary(client, request).start(rest)


def _accepted(loop: Loop) -> End:
    end = End(loop.accept())
    end.protocol.connection_made(end)
    return end


def _step(
    what: str, data: bytes, gateway: Gateway, client: End, loop: Loop, clock: list[float]
) -> None:
    asked = [one for one in loop.pods if one.fate == "open" and _asked(one)] or loop.pods[-1:]
    pod = asked[0] if asked and asked[0].fate == "open" else None
    if what == "ask":
        client.protocol.data_received(data)
    elif what == "answer" and pod is not None:
        pod.protocol.data_received(data)
    elif what == "client leaves":
        client.lose("left", ConnectionResetError())
    elif what == "client ends" and client.fate == "open" and not client.protocol.eof_received():
        client.close()
    elif what == "pod breaks" and pod is not None:
        pod.lose("broken", ConnectionResetError())
    elif what == "pod ends" and pod is not None and not pod.protocol.eof_received():
        pod.close()
    elif what == "stall" and client.fate == "open":
        client.protocol.pause_writing()
    elif what == "go on" and client.fate == "open":
        client.protocol.resume_writing()
    elif what == "leave":
        gateway.leave()
    elif what == "tick":
        clock[0] += 400.0
        gateway.context.now += 400.0
        for item in gateway.context.deadlines.turn(gateway.context.now):
            assert isinstance(item, ClientConnection)
            gateway._expire(item)


def _asked(pod: End) -> bool:
    assert isinstance(pod.protocol, UpstreamConnection)
    return pod.protocol.exchange is not None


def _books(services: Services, stats: Stats, clients: list[End]) -> tuple[Any, ...]:
    """All that is known of the service, its pods and its clients at this moment."""
    route = services.table.find("echo")
    assert route is not None
    state = route.state
    admission = state.admission
    held = [getattr(admission, name) for name in HELD]
    pods = [
        ([getattr(one, name) for name in JUDGED], [idle.since for idle in one.idle])
        for one in state.balancer.backends.values()
    ]
    ends = []
    for one in clients:
        client = one.protocol
        assert isinstance(client, ClientConnection)
        busy = client.exchange is not None
        ends.append((one.out, one.fate, busy, client.held, client.deadline, client.paused))
    return held, pods, ends, _rounded(stats.service("echo").snapshot())


def _rounded(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Sums of seconds in another order may differ in the last bit."""
    for told in snapshot.values():
        if isinstance(told, dict) and "total" in told:
            told["total"] = round(told["total"], 9)
    return snapshot
