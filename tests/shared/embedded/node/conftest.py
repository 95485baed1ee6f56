"""A node agent with real processes, over a cluster in memory with its controllers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.embedded.api.operations import Api
from shared.embedded.api.providers import LogRequest
from shared.embedded.controllers.manager import Controllers
from shared.embedded.kinds import CONFIG_MAP, EVENT, NAMESPACE, POD, SERVICE
from shared.embedded.node import orphans
from shared.embedded.node.addresses import Addresses
from shared.embedded.node.agent import Agent
from shared.embedded.node.backoff import BackOff
from shared.embedded.node.providers import NodeProviders
from shared.embedded.node.settings import NodeSettings
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from shared.service.objects import Obj

SPACE = "oscar-svc"
SETTINGS = NodeSettings(
    sample_period=0.1,
    backoff=BackOff(first=0.1),
    config_retry=0.05,
    pod_retry=0.01,
    status_period=0.05,
    endpoint_lag=0.05,
    stop_grace=1.0,
)


class Node:
    """What a test of the agent needs; `until` waits on changes of the cluster, not on time."""

    def __init__(self, home: Path, addresses: Addresses) -> None:
        self.clock = SystemClock()
        self.marker = uuid.uuid4().hex
        self.api = Api(Store(Journal()))
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
        self.api.create(NAMESPACE, space, manager="test")
        self.agent = Agent(self.api, self.clock, SETTINGS, home, addresses, self.marker)
        self.agent.begin()
        self.controllers = Controllers(self.api, self.clock)
        self.providers = NodeProviders(self.api, self.agent)
        self.home = home

    async def run(self, script: str, name: str = "p", **spec: Any) -> Obj:
        """Create a pod whose container runs `script` by /bin/sh; the stored pod."""
        container = {
            "name": "c",
            "image": "none",
            "command": ["/bin/sh", "-c", script],
            **spec.pop("container", {}),
        }
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {
                "nodeName": "local",
                "terminationGracePeriodSeconds": 5,
                "containers": [container],
                **spec,
            },
        }
        return self.api.create(POD, body, SPACE, manager="test")

    def pod(self, name: str = "p") -> Obj:
        return self.api.get(POD, name, SPACE)

    def status(self, name: str = "p") -> Obj:
        """The status of the pod's only container; of none while the agent has not seen it."""
        found = self.pod(name)["status"].get("containerStatuses")
        return found[0] if found else {"state": {}, "restartCount": 0}

    def address(self, name: str = "p") -> str:
        found: str = self.pod(name)["status"]["podIP"]
        return found

    def log(self, name: str = "p", run: int = 0) -> str:
        pod = self.pod(name)["metadata"]
        path = self.home / "logs/pods" / f"{SPACE}_{name}_{pod['uid']}" / "c" / f"{run}.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return "\n".join(line.split(" ", 3)[3] for line in lines)

    async def printed(self, lines: int, name: str = "p") -> list[str]:
        """What the container printed, as soon as it is `lines` long."""
        text = b""
        async for chunk in self.providers.logs(self.pod(name), LogRequest("c", follow=True)):
            text += chunk
            if text.count(b"\n") >= lines:
                break
        return text.decode().splitlines()

    def reasons(self, name: str = "p") -> list[str]:
        """Reasons of the Events about the pod."""
        found = (e for e in self.api.list(EVENT, SPACE) if e["involvedObject"]["name"] == name)
        return [event["reason"] for event in found]

    def configure(self, name: str, **data: str) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        self.api.create(CONFIG_MAP, body, SPACE, manager="test")

    def expose(self, app: str = "p", **port: Any) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"{app}-svc"},
            "spec": {"selector": {"app": app}, "ports": [{"port": 80, **port}]},
        }
        self.api.create(SERVICE, body, SPACE, manager="test")

    async def until(self, true: Callable[[], Any]) -> None:
        """Return as soon as `true()` holds after a change of the cluster."""
        changed = asyncio.Event()
        unsubscribe = self.api.subscribe(lambda _: changed.set())
        try:
            while not true():
                changed.clear()
                await changed.wait()
        finally:
            unsubscribe()

    async def until_idle(self) -> None:
        """Return once no controller has anything to do."""
        while not self.controllers.idle:
            await asyncio.sleep(0)

    async def until_ready(self, name: str = "p") -> None:
        await self.until(lambda: self.is_ready(name))

    def is_ready(self, name: str = "p") -> bool:
        conditions = self.pod(name)["status"].get("conditions") or ()
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    def exists(self, name: str = "p") -> bool:
        return self.api.find(POD, name, SPACE) is not None

    def processes(self) -> list[int]:
        """Every process that this node has started, shims included."""
        return orphans.marked(self.marker)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    with Addresses.reserve(None, str(tmp_path)) as addresses:
        node = Node(tmp_path, addresses)
        async with Supervisor() as tasks:
            node.controllers.start(tasks)
            node.agent.start(tasks)
            yield node
            await node.agent.stop()
        assert node.processes() == []
        node.api.store.close()
