"""The phase of a request, as its exchange shows it to whoever looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.services.spec import Endpoint
from tests.gateway.harness import Pod, Wire, get, rig

if TYPE_CHECKING:
    from tests.gateway.harness import Rig

UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
SWITCHED = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"


def shown(r: Rig) -> str:
    """The only busy connection's exchange, in its own words."""
    (one,) = (client.exchange for client in r.gateway.connections.open if client.exchange)
    return repr(one)


@pytest.mark.parametrize(
    ("answer", "request_head", "phase"),
    [
        (b"", get(), " head, "),
        (b"", get(b"/", b"Content-Length: 10", method=b"POST") + b"abc", " body, "),
        (BEGUN, get(), " answer, "),
        (SWITCHED, get(b"/", *UPGRADE), "<Tunnel 0 bytes in, 0 out>"),
    ],
)
async def test_a_request_at_a_pod(answer: bytes, request_head: bytes, phase: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(answer)
        await wire.reader.read()

    pod = await Pod(script).start()
    async with rig(pod) as r:
        await (await r.connect()).send(request_head)
        await r.until(lambda: pod.connections == 1 and phase in shown(r))
        if "Tunnel" not in phase:
            assert f"127.0.0.1:{pod.port}" in shown(r)


async def test_a_request_that_waits_for_a_slot() -> None:
    async with rig() as r:
        await (await r.connect()).send(get())
        await r.until(lambda: r.state.waiting == 1)
        assert " slot, <Placement <Waiting for echo>, 0 tries>" in shown(r)


async def test_a_request_that_waits_for_a_connection(unreachable: Endpoint) -> None:
    async with rig() as r:
        r.services.locate("echo", [unreachable])
        await (await r.connect()).send(get())
        await r.until(lambda: len(r.gateway.context.connecting) == 1)
        dial = f"<Dial 127.0.0.1:{unreachable.port}>"
        assert f" connection, <Placement {dial}, 1 tries>" in shown(r)
