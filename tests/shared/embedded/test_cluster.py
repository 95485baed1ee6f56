"""The embedded cluster as a process: what it leaves behind, what it keeps, why it may not start."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.embedded.access.certificate import ServerCertificate
from shared.embedded.cluster import Cluster, ClusterError, ClusterSettings
from shared.embedded.kinds import DEPLOYMENT, POD
from shared.embedded.node import orphans
from shared.service.objects import Obj
from tests.waiting import until

SPACE = "oscar-svc"
SERVE = "exec python -m http.server --bind $HOST $PORT"


class Process:
    """`python -m shared.embedded`, and a client with the administrator's kubeconfig."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return once it has said that it is ready."""
        self.child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "shared.embedded", "--home", str(self.home), "--port", "0",
            "--restart-delay", "0.1", stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self.child.stdout is not None
        assert b"cluster ready at https://127.0.0.1:" in await self.child.stdout.readline()

    async def end(self, number: int) -> int:
        assert self.child is not None
        assert self.child.stdout is not None
        self.child.send_signal(number)
        code = await self.child.wait()
        await self.child.stdout.read()
        return code

    @property
    def marker(self) -> str:
        return (self.home / "cluster.id").read_text()

    async def request(self, method: str, path: str, body: Obj | None = None) -> Obj:
        url, headers, trust = credentials(self.home / "kubeconfig")
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, url + path, json=body, ssl=trust) as answer,
        ):
            assert answer.status < 300, await answer.text()
            found: Obj = await answer.json()
            return found

    async def ready_pod(self, but: str = "") -> Obj:
        """Watch until a pod is ready whose address is not `but`."""
        url, headers, trust = credentials(self.home / "kubeconfig")
        query = {"watch": "1"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{url}/api/v1/namespaces/{SPACE}/pods", params=query, ssl=trust) as answer,
        ):
            async for line in answer.content:
                pod: Obj = json.loads(line)["object"]
                statuses = pod["status"].get("containerStatuses") or [{}]
                if statuses[0].get("ready") and pod["status"]["podIP"] != but:
                    return pod
        raise AssertionError("the watch ended")


def credentials(path: Path) -> tuple[str, dict[str, str], ssl.SSLContext]:
    """(server, headers, trust) of a kubeconfig."""
    content = json.loads(path.read_text())
    cluster = content["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    token = content["users"][0]["user"]["token"]
    trust = ssl.create_default_context(cadata=authority)
    return cluster["server"], {"Authorization": f"Bearer {token}"}, trust


def deployment(script: str) -> Obj:
    container = {
        "name": "c",
        "image": "none",
        "command": ["/bin/sh", "-c", script],
        "ports": [{"containerPort": 8000}],
        "readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
            },
        },
    }


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Process]:
    process = Process(tmp_path / "home")
    await process.start()
    yield process
    if process.child is not None and process.child.returncode is None:
        await process.end(signal.SIGTERM)
    assert orphans.marked(process.marker) == []


async def until_none(marker: str) -> None:
    await until(lambda: not orphans.marked(marker), "no process is left")


async def test_kill_9_leaves_no_process_and_a_restart_keeps_services(process: Process) -> None:
    daemon = "(setsid sleep 60 >/dev/null 2>&1 &)"
    body = deployment(f"{daemon}; {SERVE}")
    await process.request("POST", f"/apis/apps/v1/namespaces/{SPACE}/deployments", body)
    before = await process.ready_pod()
    assert len(orphans.marked(process.marker)) >= 3
    kept = (process.home / "kubeconfig").read_text()
    assert await process.end(signal.SIGKILL) == -9
    await until_none(process.marker)

    await process.start()
    after = await process.ready_pod()
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "the pod of before, run again"
    status = after["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["exitCode"] == 255
    token = json.loads(kept)["users"][0]["user"]["token"]
    assert token in (process.home / "kubeconfig").read_text(), "what was exported still works"


async def test_sigterm_ends_every_pod_and_then_the_process(process: Process) -> None:
    path = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
    await process.request("POST", path, deployment(SERVE))
    await process.ready_pod()
    assert await process.end(signal.SIGTERM) == 0
    assert orphans.marked(process.marker) == []


async def test_a_copy_of_a_home_leaves_the_processes_of_the_first_alone(
    process: Process, tmp_path: Path
) -> None:
    path = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
    await process.request("POST", path, deployment(SERVE))
    before = orphans.marked(process.marker) if await process.ready_pod() else []
    copy = tmp_path / "copy"
    shutil.copytree(process.home, copy)
    async with Cluster(ClusterSettings(copy)) as other:
        assert other.api.list(DEPLOYMENT, SPACE)
        assert set(before) <= set(orphans.marked(process.marker)), "all of them live"
        running = {*orphans.marked(process.marker)} - {*before}
    assert not running & {*orphans.marked(process.marker)}, "its own pods ended with it"
    assert set(before) <= set(orphans.marked(process.marker))


async def test_a_home_in_use_is_refused(tmp_path: Path) -> None:
    async with Cluster(ClusterSettings(tmp_path)):
        with pytest.raises(ClusterError, match="is in use by another cluster"):
            await Cluster(ClusterSettings(tmp_path)).__aenter__()


async def test_a_port_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "shared.embedded", "--home", str(tmp_path), "--port", port,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await child.communicate()
    assert child.returncode == 2
    assert f"error: port {port} of 127.0.0.1 cannot be had".encode() in said
    assert b"--port" in said
    assert b"Traceback" not in said


async def test_a_subnet_that_is_none_is_refused(tmp_path: Path) -> None:
    settings = ClusterSettings(tmp_path, pod_subnet="10.0.0.0/16")
    with pytest.raises(ClusterError, match=r"below 127\.0\.0\.0/8"):
        await Cluster(settings).__aenter__()


async def test_two_clusters_have_two_subnets(tmp_path: Path) -> None:
    async with (
        Cluster(ClusterSettings(tmp_path / "a")) as one,
        Cluster(ClusterSettings(tmp_path / "b")) as other,
    ):
        assert one.agent._addresses.subnet != other.agent._addresses.subnet
        assert one.url != other.url


async def test_each_of_our_accounts_has_its_kubeconfig_and_its_rights(tmp_path: Path) -> None:
    async with Cluster(ClusterSettings(tmp_path)):
        for name, allowed in (("gateway", 403), ("management", 200)):
            path = tmp_path / f"{name}.kubeconfig"
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
            url, headers, trust = credentials(path)
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.get(f"{url}/api/v1/namespaces/{SPACE}/secrets", ssl=trust) as answer,
            ):
                assert answer.status == allowed
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{url}/version", ssl=trust) as answer,
        ):
            assert answer.status == 401, "nobody is anonymous"


async def test_pods_are_not_ready_before_they_run_again(tmp_path: Path) -> None:
    settings = ClusterSettings(tmp_path)
    async with Cluster(settings) as cluster:
        cluster.api.create(DEPLOYMENT, deployment(SERVE), SPACE, manager="test")
        ready = asyncio.Event()

        def note(change: Any) -> None:
            statuses = change.object.get("status", {}).get("containerStatuses") or [{}]
            if change.kind is POD and statuses[0].get("ready"):
                ready.set()

        cluster.api.subscribe(note)
        await ready.wait()
    states = []

    class Watched(Cluster):
        async def _serve(self, issued: ServerCertificate) -> None:
            (pod,) = self.api.list(POD, SPACE)
            states.append((pod["status"]["containerStatuses"][0]["ready"], self._slices()))
            await super()._serve(issued)

        def _slices(self) -> int:
            from shared.embedded.kinds import ENDPOINT_SLICE

            found = self.api.list(ENDPOINT_SLICE, SPACE)
            return sum(e["conditions"]["ready"] for s in found for e in s["endpoints"] or ())

    async with Watched(settings):
        assert states == [(False, 0)]


async def test_hollow_nodes_hold_pods_without_processes(tmp_path: Path) -> None:
    async with Cluster(ClusterSettings(tmp_path)) as cluster:
        changed = asyncio.Event()
        cluster.api.subscribe(lambda _: changed.set())
        hollow = cluster.add_hollow_node()
        hollow.load = lambda _: (0.25, 2**20)
        body = deployment("never run")
        body["spec"]["replicas"] = 20
        body["spec"]["template"]["spec"]["nodeSelector"] = {"type": "hollow"}
        cluster.api.create(DEPLOYMENT, body, SPACE, manager="test")
        while cluster.api.get(DEPLOYMENT, "web", SPACE)["status"].get("readyReplicas") != 20:
            await changed.wait()
            changed.clear()
        metrics = cluster.nodes.pod_metrics(SPACE)
        assert {m["containers"][0]["usage"]["cpu"] for m in metrics} == {"250000000n"}
        cluster.api.delete(DEPLOYMENT, "web", SPACE)
        while cluster.api.list(POD, SPACE):
            await changed.wait()
            changed.clear()


@pytest.mark.parametrize("name", ["cluster.lock", "cluster.db", "cluster.id", "pki"])
async def test_no_link_in_the_home_is_followed(tmp_path: Path, name: str) -> None:
    home, victim = tmp_path / "home", tmp_path / "victim"
    home.mkdir(mode=0o700)
    (home / name).symlink_to(victim)
    with pytest.raises(ClusterError, match=f"{name} is a symbolic link"):
        async with Cluster(ClusterSettings(home)):
            pass
    assert not victim.exists()


async def test_a_home_that_others_can_write(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    with pytest.raises(ClusterError, match=r"can be written by others.*[Cc]hoose another home"):
        async with Cluster(ClusterSettings(home)):
            pass
    assert not list(home.iterdir())
