"""A full disk: the cluster goes on degraded, says so once, and recovers by itself."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from shared.embedded.node import orphans
from tests.shared.embedded.test_cluster import SERVE, SPACE, Process, credentials, deployment

CONFIG_MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Process]:
    """A cluster on a disk of its own of 8 MiB where that may be mounted, else on any."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    process = Process(disk / "home")
    try:
        await process.start()
        yield process
        if process.child is not None and process.child.returncode is None:
            await process.end(signal.SIGTERM)
        assert orphans.marked(process.marker) == []
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(disk)], check=True)


async def put(process: Process, name: str) -> tuple[int, str]:
    url, headers, trust = credentials(process.home / "kubeconfig")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
            "data": {"k": "v" * 20_000}}  # fmt: skip
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url + CONFIG_MAPS, json=body, ssl=trust) as answer,
    ):
        return answer.status, (await answer.json()).get("message", "")


async def until_put(process: Process, name: str, wanted: int) -> str:
    async with asyncio.timeout(60):
        number = 0
        while True:
            status, message = await put(process, f"{name}-{number}")
            if status == wanted:
                return message
            number += 1
            await asyncio.sleep(0.05)


async def goes_on(
    process: Process, fill: Callable[[], None], make_room: Callable[[], None]
) -> None:
    path = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
    await process.request("POST", path, deployment(SERVE))
    pod = await process.ready_pod()
    fill()
    message = await until_put(process, "full", 500)
    assert "cannot be written" in message
    assert "make room on its disk" in message
    before = await process.request("GET", CONFIG_MAPS)
    (server,) = servers(process)
    os.kill(server, signal.SIGKILL)  # its status changes, and cannot be stored
    assert (await put(process, "still"))[0] == 500
    assert await process.request("GET", CONFIG_MAPS) == before, "nothing is half done"
    make_room()
    await until_put(process, "room", 201)
    async with asyncio.timeout(60):
        while True:
            now = await process.ready_pod()
            if now["status"]["containerStatuses"][0]["restartCount"] == 1:
                break
            await asyncio.sleep(0.05)
    assert now["metadata"]["uid"] == pod["metadata"]["uid"]
    stored = await process.request("GET", CONFIG_MAPS)
    assert await process.end(signal.SIGKILL) == -9
    await process.start()
    again = await process.request("GET", CONFIG_MAPS)
    assert again["items"] == stored["items"], "memory and disk agreed"


def servers(process: Process) -> list[int]:
    """The processes of pods that listen."""
    found = []
    for pid in orphans.marked(process.marker):
        if b"http.server" in Path(f"/proc/{pid}/cmdline").read_bytes():
            found.append(pid)
    return found


async def test_a_disk_of_8_mib_that_is_full_while_a_pod_dies(process: Process) -> None:
    disk = process.home.parent
    if not disk.is_mount():
        pytest.skip("mounting is not allowed here; the test below needs no rights")
    filler = disk / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    await goes_on(process, fill, filler.unlink)


async def test_files_that_cannot_grow_while_a_pod_dies(process: Process) -> None:
    assert process.child is not None
    pid = process.child.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    await goes_on(process, lambda: limit(1), lambda: limit(hard))
