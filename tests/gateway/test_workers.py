"""Several workers behind one port, with real processes and signals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pytest

from gateway.admin import app as admin
from gateway.sharing.memory import Memory
from gateway.workers import Worker, Workers
from tests.gateway.deaf import deaf
from tests.gateway.fake_cluster import configmap, endpoint_slice, entry, kubeconfig, serving
from tests.gateway.processes import App, GatewayProcess, gateway
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

REQUESTS = 40


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    async with App.started() as app, serving() as cluster:
        cluster.put("configmaps", configmap("a", api_port=app.port))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=app.port))
        config = kubeconfig(tmp_path, cluster.port)
        async with gateway(config, GATEWAY_WORKERS="2") as process:
            await process.said("listening on", times=2)
            yield process


async def fetch(process: GatewayProcess, count: int) -> None:
    """So many requests, each on its own connection, so that the kernel spreads them."""
    url = await process.url()
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as client:
        for _ in range(count):
            async with client.get(url) as answer:
                assert answer.status == 200


async def numbers(process: GatewayProcess) -> dict[str, float]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(await process.admin("/metrics")) as answer,
    ):
        lines = (await answer.text()).splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


HELD = 'gateway_in_flight_seconds_total{service="a"}'
LASTED = 'gateway_request_duration_seconds_sum{service="a"}'
SERVED = 'gateway_requests_total{code="200",method="GET",service="a",source="upstream"}'


async def test_workers_are_counted_as_one_and_replaced_when_they_die(
    process: GatewayProcess,
) -> None:
    await fetch(process, REQUESTS)
    found = await numbers(process)
    assert found[SERVED] == REQUESTS
    assert found[HELD] == pytest.approx(found[LASTED])
    assert found["gateway_workers"] == 2
    assert found['gateway_endpoints{service="a",state="ready"}'] == 1

    children = psutil.Process(process.process.pid).children()
    os.kill(children[0].pid, signal.SIGKILL)
    await process.said("worker . ended")
    await process.said("listening on", times=3)
    await fetch(process, REQUESTS)
    found = await numbers(process)
    assert found[SERVED] == 2 * REQUESTS, "what a dead worker counted is not lost"
    assert found[HELD] == pytest.approx(found[LASTED])
    assert found["gateway_worker_restarts_total"] == 1

    process.terminate()
    assert await process.process.wait() == 0
    assert not any(child.is_running() for child in children)


async def test_no_worker_outlives_its_parent(process: GatewayProcess) -> None:
    children = psutil.Process(process.process.pid).children()
    assert len(children) == 2
    process.process.kill()
    await asyncio.to_thread(psutil.wait_procs, children, 30)
    assert not any(child.is_running() for child in children)


async def test_one_worker_that_hangs_is_waited_for_briefly_and_replaced(
    process: GatewayProcess,
) -> None:
    """Prometheus gives a scrape ten seconds and the kubelet a probe one. HAProxy's watchdog and
    uWSGI's harakiri end a process that hangs; nginx has nothing of the kind."""
    await fetch(process, REQUESTS)
    before = await numbers(process)
    parent = psutil.Process(process.process.pid)
    stuck, other = parent.children()
    stuck.suspend()
    try:
        during = await asyncio.wait_for(numbers(process), 10.0)
        assert during[SERVED] == before[SERVED], "what it counted stands in"
        assert during["gateway_ready"] == 1
        async with (
            aiohttp.ClientSession() as client,
            client.get(await process.admin("/readyz")) as answer,
        ):
            assert answer.status == 200
        await process.said(r"ERROR.*worker \d hangs: .* killing it")
        await process.said(r"worker \d ended \(code -9\)")
        await process.said("listening on", times=3)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            stuck.resume()
    assert other.is_running()
    assert not stuck.is_running()
    await fetch(process, REQUESTS)
    after = await numbers(process)
    assert after[SERVED] == 2 * REQUESTS
    assert after["gateway_worker_hangs_total"] == after["gateway_worker_restarts_total"] == 1


READ_ONLY = """
import errno, os, sys

def refuse(event, arguments):
    if event == "open" and not isinstance(arguments[0], int):
        path, flags = os.fsdecode(arguments[0]), arguments[2]
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and not path.startswith(("/dev/", "/proc/")):
            raise OSError(errno.EROFS, "Read-only file system", path)
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink"):
        raise OSError(errno.EROFS, "Read-only file system", str(arguments[0]))
    elif event == "socket.bind" and isinstance(arguments[1], str) and arguments[1][:1] == "/":
        raise OSError(errno.EROFS, "Read-only file system", arguments[1])

sys.addaudithook(refuse)
"""
"""Makes Python see what a process sees whose root is mounted read-only (uvloop binds no paths)."""


async def test_workers_need_no_place_to_write(tmp_path: Path) -> None:
    """The manifest sets readOnlyRootFilesystem, and mounts no /tmp."""
    (tmp_path / "sitecustomize.py").write_text(READ_ONLY)
    async with serving() as cluster:
        config = kubeconfig(tmp_path, cluster.port)
        async with gateway(
            config, GATEWAY_WORKERS="2", PYTHONPATH=str(tmp_path), TMPDIR="/nonexistent"
        ) as process:
            await process.said("listening on", times=2)
            assert (await numbers(process))["gateway_workers"] == 2
            process.terminate()
            assert await process.process.wait() == 0


async def test_what_any_worker_wants_is_told_to_scalers_and_what_they_say_to_every_worker(
    tmp_path: Path,
) -> None:
    async with App.started() as app, serving() as cluster, contextlib.AsyncExitStack() as stack:
        cluster.put("configmaps", configmap("a", api_port=app.port))
        config = kubeconfig(tmp_path, cluster.port)
        process = await stack.enter_async_context(gateway(config, GATEWAY_WORKERS="2"))
        await process.said("listening on", times=2)
        url, wakes = await process.url(), await process.admin("/wakes")
        fresh = aiohttp.TCPConnector(force_close=True)
        client = await stack.enter_async_context(aiohttp.ClientSession(connector=fresh))

        async def words() -> str:
            async with client.get(url, headers={"Prefer": "wait=0"}) as answer:
                assert answer.status == 503
                return str((await answer.json())["error"])

        async def told(expected: str) -> bool:
            """Whether all of so many answers say so, which both workers give."""
            return all([expected in await words() for _ in range(20)])

        assert (await numbers(process))["gateway_scalers_connected"] == 0
        async with client.ws_connect(wakes) as scaler:
            said = {"service": "a", "phase": "pulling", "words": "pulling the image"}
            await scaler.send_json({"progress": said})
            await until(lambda: told("pulling the image"))
            assert (await numbers(process))["gateway_scalers_connected"] == 1
            waiting = [asyncio.create_task(client.get(url)) for _ in range(20)]
            heard = await scaler.receive_json()
            assert heard["wake"]["service"] == "a"
            reading = asyncio.create_task(_read(scaler))  # or its pings are not answered
            os.kill(psutil.Process(process.process.pid).children()[0].pid, signal.SIGKILL)
            await process.said("listening on", times=3)
            await until(lambda: told("pulling the image"))  # the new worker has heard it too
        await reading
        await until(lambda: told("there is no pod yet"))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=app.port))
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        statuses = [one.status for one in answers if not isinstance(one, BaseException)]
        assert set(statuses) == {200}


async def _read(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


async def source() -> dict[str, Any]:
    return {"services": {"a": HELD_NOW | COUNTED}, "connections": 1}


async def ready() -> str:
    return ""


HELD_NOW = {"in_flight": 3, "seconds": 9.0}
COUNTED = {"request_seconds": 20.0}


async def test_a_worker_that_does_not_answer_keeps_what_it_counted() -> None:
    worker = Worker(0, 0, Memory.make(1))
    private = worker.admin_socket()
    assert await worker.numbers() == []
    async with admin.serving(admin.Admin(source, ready, deaf()).application(), private):
        assert await worker.numbers() == [await source()]
    assert await worker.numbers() == [{"services": {"a": COUNTED}, "silent": 1}]


async def test_one_ready_worker_makes_a_ready_gateway_at_once() -> None:
    """The silent one accepts by its backlog and says nothing."""
    memory = Memory.make(2)
    silent, good = Worker(0, 0, memory), Worker(1, 0, memory)
    with silent.admin_socket() as backlog:
        backlog.listen()
        app = admin.Admin(source, ready, deaf()).application()
        async with admin.serving(app, good.admin_socket()):
            assert await Workers([silent, good]).excuse() == ""
        assert await Workers([silent, good]).excuse() == "worker 0 does not answer"
