"""What is left of a request that is over: nothing, without the garbage collector's help.

Objects that hold each other are freed when the collector comes by: a pause, and memory until then.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from gateway.dataplane.connect import Dial
from gateway.dataplane.exchange import Exchange
from gateway.dataplane.placement import Placement
from gateway.dataplane.tunnel import Tunnel
from gateway.dataplane.upload import Upload
from gateway.dataplane.waiting import Waiting
from shared.service.model import Timeouts
from tests.gateway.harness import Pod, Wire, echo, get, post, rig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.services.spec import Endpoint

PARTS = (Exchange, Placement, Waiting, Dial, Upload, Tunnel)
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


@pytest.fixture
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> list[object]:
    return [one for one in gc.get_objects() if isinstance(one, PARTS)]


async def switch(wire: Wire) -> None:
    await wire.head()
    await wire.send(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
    await wire.reader.read()


async def dead(wire: Wire) -> None:
    await wire.head()


@pytest.mark.usefixtures("_without_collector")
@pytest.mark.parametrize(
    ("script", "pieces", "ends"),
    [
        (echo, (get(),), "answered"),
        (echo, (post(b"hello")[:-5], b"hello"), "answered"),
        (echo, (post(b"x" * 300_000),), "answered"),
        (dead, (get(),), "answered"),
        (dead, (post(b"hello")[:-2],), "answered"),
        (echo, (get(b"/../x"),), "answered"),
        (echo, (post(b"hello")[:-2],), "leaves"),
        (switch, (get(b"/", *UPGRADE),), "leaves"),
        (None, (get(),), "leaves"),
        (None, (get(),), "answered"),
    ],
)
async def test_nothing_is_left(script: object, pieces: tuple[bytes, ...], ends: str) -> None:
    pods = [await Pod(script).start()] if script is not None else []  # type: ignore[arg-type]
    async with rig(*pods, timeouts=Timeouts(wake=0.2 if ends == "answered" else 60)) as r:
        wire = await r.connect()
        await wire.send(pieces[0])
        if len(pieces) > 1 or ends == "leaves":
            await r.until(lambda: any(one.exchange for one in r.gateway.connections.open))
            await wire.send(*pieces[1:])
        if ends == "answered":
            await wire.response()
        await wire.close()
        await r.until(lambda: not r.gateway.connections.open)
        await r.balanced()
        assert alive() == []


@pytest.mark.usefixtures("_without_collector")
@pytest.mark.parametrize("ends", ["answered", "leaves"])
async def test_nothing_is_left_of_an_attempt_to_connect(ends: str, unreachable: Endpoint) -> None:
    async with rig(timeouts=Timeouts(connect=0.2 if ends == "answered" else 60)) as r:
        r.services.locate("echo", [unreachable])
        wire = await r.connect()
        await wire.send(get())
        if ends == "answered":
            assert (await wire.response()).status == 504
        else:
            await r.until(lambda: len(r.gateway.context.connecting) == 1)
        await wire.close()
        await r.until(lambda: not r.gateway.connections.open)
        await r.balanced()
        assert alive() == []
