"""What keeps a service awake: everything that is open, and a gateway that cannot be asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import Run, free_ports, local
from tests.e2e.zero import Sleeper, beside, sleeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import psutil

WHILE = 5.0
"""Seconds for which something is open: five times `zero_after`. That it does not sleep shows only
by time going by."""
HEARD = 3.0
"""Seconds after which a gateway that said nothing counts as silent, and some more."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def second() -> dict[str, int]:
    """The ports of a second gateway."""
    return free_ports()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, second: dict[str, int]) -> Iterator[Run]:
    """With a scaler that knows two gateways."""
    ports = free_ports()
    gateways = [f"http://127.0.0.1:{each['GATEWAY_ADMIN']}" for each in (ports, second)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCALER_GATEWAYS", ",".join(gateways))
        with local(tmp_path_factory.mktemp("zero"), "sleepy.yaml", ports) as started:
            yield started


@pytest.fixture(scope="module")
def other(run: Run, second: dict[str, int]) -> Iterator[psutil.Process]:
    """The second gateway."""
    settings = {
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(second["GATEWAY"]),
        "GATEWAY_ADMIN_HOST": "127.0.0.1",
        "GATEWAY_ADMIN_PORT": str(second["GATEWAY_ADMIN"]),
    }
    with beside(run, "gateway", "gateway", **settings) as process:
        yield process


@pytest.fixture
async def it(run: Run, other: psutil.Process) -> AsyncIterator[Sleeper]:
    async with sleeper(run) as found:
        yield found


async def stays_awake(it: Sleeper) -> None:
    for _ in range(int(WHILE / 0.25)):
        await asyncio.sleep(0.25)
        assert await it.wanted()


async def test_a_stream_keeps_it_awake(it: Sleeper) -> None:
    async with it.session.get(it.url + "events") as stream:
        await stream.content.readline()
        await stays_awake(it)
    await it.asleep()


async def test_a_websocket_wakes_it_and_keeps_it_awake_though_nothing_is_said(it: Sleeper) -> None:
    await it.asleep()
    async with it.session.ws_connect(it.url + "socket") as socket:
        await socket.send_str("are you there?")
        assert (await socket.receive()).data == "ok"
        await stays_awake(it)
    await it.asleep()


async def test_an_upload_keeps_it_awake(it: Sleeper) -> None:
    seen = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b"x" * 2048
            await asyncio.sleep(WHILE / 10)
        await seen.wait()  # it began before it woke anybody, and is to last as long as the look
        yield b"x" * 2048

    length = {"Content-Length": str(10 * 2048)}
    upload = asyncio.create_task(it.ask("upload", "POST", data=slowly(), headers=length))
    await it.awake()
    await stays_awake(it)
    seen.set()
    reply = await upload
    assert (reply.status, reply.told["bytes"]) == (200, 10 * 2048)
    await it.asleep()


async def test_one_silent_gateway_of_two_keeps_it_awake(
    it: Sleeper, other: psutil.Process, second: dict[str, int]
) -> None:
    await it.asleep()
    other.suspend()
    try:
        async with it.session.get(it.url + "events") as stream:
            assert stream.status == 200  # one that is heard is enough to wake it
            await asyncio.sleep(HEARD)
        await stays_awake(it)
        told = await asyncio.to_thread(it.run.explained, "sleepy")
        assert str(second["GATEWAY_ADMIN"]) in told
    finally:
        other.resume()
    await it.asleep()
