"""A cluster in memory with its controllers, and a node agent that the test plays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.embedded.api.operations import Api
from shared.embedded.controllers.manager import Controllers
from shared.embedded.kinds import (
    DEPLOYMENT,
    ENDPOINT_SLICE,
    EVENT,
    NAMESPACE,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    Kind,
)
from shared.embedded.schema.times import timestamp
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import ManualClock
from shared.service.objects import Obj

SPACE = "oscar-svc"


class StandingClock(ManualClock):
    """Moved by the test, without an event loop."""

    def move(self, seconds: float) -> None:
        self._now += seconds


class World:
    """Objects go in, `settle` lets the controllers work, the getters show what they did."""

    def __init__(self) -> None:
        self.clock = StandingClock(1_700_000_000.0)
        self.api = Api(Store(Journal()), now=self.clock.now)
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
        self.api.create(NAMESPACE, space, manager="test")
        self.controllers = Controllers(self.api, self.clock)
        self.settle = self.controllers.settle
        self._addresses = iter(f"127.9.{i // 250}.{i % 250 + 1}" for i in range(10_000))

    def add_node(self, name: str = "local", pods: int = 100, **spec: Any) -> None:
        room = {"cpu": "1", "memory": "1Gi", "pods": str(pods)}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec}
        created = self.api.create(NODE, node, manager="test")
        body = {**created, "status": {"capacity": room, "allocatable": room}}
        self.api.update(NODE, body, subresource="status", manager="test")

    def deploy(self, replicas: int = 3, image: str = "one", **spec: Any) -> None:
        """Create the Deployment `web`, or change it to this."""
        body = deployment(replicas, image, **spec)
        self.api.patch(
            DEPLOYMENT, "web", SPACE, body, patch_type="apply", manager="test", force=True
        )
        self.settle()

    def expose(self, **spec: Any) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec},
        }
        self.api.create(SERVICE, body, SPACE, manager="test")
        self.settle()

    def wait(self, seconds: float) -> None:
        """Let time pass, then the controllers work."""
        self.clock.move(seconds)
        self.settle()

    def run(self, pod: Obj, ready: bool = True) -> None:
        """Report the pod as running, like a node agent."""
        current = self.api.get(POD, pod["metadata"]["name"], SPACE)
        address = current["status"].get("podIP") or next(self._addresses)
        now = timestamp(self.clock.now())
        value = "True" if ready else "False"
        status = {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": [{"type": "Ready", "status": value, "lastTransitionTime": now}],
        }
        body = {**current, "status": {**current["status"], **status}}
        self.api.update(POD, body, subresource="status", manager="test")
        self.settle()

    def run_all(self) -> None:
        """Report every pod as ready, and confirm every deletion, until nothing changes."""
        while True:
            todo = [pod for pod in self.pods() if not _ready(pod) or _terminating(pod)]
            if not todo:
                return
            for pod in todo:
                if _terminating(pod):
                    self.finish(pod)
                else:
                    self.run(pod)

    def finish(self, pod: Obj) -> None:
        """Confirm that a deleted pod has ended."""
        self.api.delete(POD, pod["metadata"]["name"], SPACE, grace=0)
        self.settle()

    def pods(self) -> list[Obj]:
        return list(self.api.list(POD, SPACE))

    def live(self) -> list[Obj]:
        return [pod for pod in self.pods() if not _terminating(pod)]

    def deployment(self) -> Obj:
        return self.api.get(DEPLOYMENT, "web", SPACE)

    def replicasets(self) -> list[Obj]:
        """By revision, oldest first."""
        found = self.api.list(REPLICA_SET, SPACE)
        return sorted(found, key=lambda rs: int(rs["metadata"]["annotations"][REVISION]))

    def slices(self) -> list[Obj]:
        return list(self.api.list(ENDPOINT_SLICE, SPACE))

    def events(self, kind: Kind) -> list[tuple[str, str]]:
        """(reason, message) of the Events about objects of `kind`."""
        found = [e for e in self.api.list(EVENT, SPACE) if e["involvedObject"]["kind"] == kind.kind]
        return [(event["reason"], event["message"]) for event in found]


REVISION = "deployment.kubernetes.io/revision"


def deployment(replicas: int, image: str, **spec: Any) -> Obj:
    container = {"name": "c", "image": image, "ports": [{"containerPort": 80, "name": "http"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container]},
            },
            **spec,
        },
    }


def _ready(pod: Obj) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _terminating(pod: Obj) -> bool:
    return "deletionTimestamp" in pod["metadata"]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.add_node()
    world.settle()
    yield world
    world.api.store.close()
