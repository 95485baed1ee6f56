"""A cluster with controllers in which an OSCAR manager has made services, and a client of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import declarations, kinds
from shared.embedded.api.operations import Change
from shared.embedded.controllers.manager import Controllers
from shared.embedded.controllers.namespaces import AUTHORITY
from shared.embedded.node.hollow import HollowNode
from shared.runtime.clock import ManualClock, SystemClock
from shared.runtime.tasks import Supervisor
from shared.service.objects import Obj
from tests.gateway.management.cluster import MANIFESTS, NS, Cluster, running
from tests.shared.service.manager import Made
from tests.waiting import until

RIGHTS = MANIFESTS.parent / "adoption" / "rbac.yaml"
HOLLOW = {"nodeSelector": {"type": "hollow"}}


@dataclass
class Managed:
    """The cluster beside which OSCAR runs."""

    cluster: Cluster
    controllers: Controllers
    client: TestClient[Any, Any]
    running: int = 0
    """Pods of all services that were made."""
    born: list[str] = field(default_factory=list)
    """The names of all pods that there ever were."""

    async def make(self, made: Made) -> None:
        """What the manager makes, until its pods run."""
        for obj in replace(made, pod=HOLLOW).objects():
            kind = declarations.of_type(obj["apiVersion"], obj["kind"])
            assert kind is not None
            self.cluster.api.create(kind, obj, NS, manager="oscar")
        self.running += made.replicas if made.exposed and not made.stopped else 0
        await self.settled(self.running)

    async def settled(self, pods: int) -> None:
        """Return when the controllers rest and so many pods run."""

        def rests() -> bool:
            ready = [pod for pod in self.pods().values() if pod["status"].get("phase") == "Running"]
            return self.controllers.idle and len(ready) == pods

        await until(rests, f"{pods} pods run")

    def notice(self, change: Change) -> None:
        """Hear of every change in the cluster."""
        if change.kind is kinds.POD and change.type == "ADDED":
            self.born.append(change.object["metadata"]["name"])

    def pods(self) -> dict[str, Obj]:
        """By uid."""
        return {pod["metadata"]["uid"]: pod for pod in self.cluster.api.list(kinds.POD, NS)}

    def replicasets(self) -> list[Obj]:
        return list(self.cluster.api.list(kinds.REPLICA_SET, NS))

    def all(self) -> list[Obj]:
        """Every object of the namespace but what controllers make."""
        made = (
            *(kinds.POD, kinds.REPLICA_SET, kinds.ENDPOINT_SLICE, kinds.ENDPOINTS, kinds.EVENT),
            kinds.SERVICE_ACCOUNT,
        )
        hubs = [kind for kind in declarations.HUBS.values() if kind.namespaced and kind not in made]
        rights = (kinds.ROLE, kinds.ROLE_BINDING)
        return [
            obj
            for kind in hubs
            if kind not in rights
            for obj in self.cluster.api.list(kind, NS)
            if obj["metadata"]["name"] != AUTHORITY
        ]

    def names(self) -> set[str]:
        return {f"{obj['kind']} {obj['metadata']['name']}" for obj in self.all()}

    async def adopt(self, query: str = "") -> Any:
        async with self.client.post(f"/system/services/ocr/adopt{query}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@asynccontextmanager
async def managed(folder: Path, *, rights: bool = True) -> AsyncIterator[Managed]:
    """A cluster, with the rights to take services over or without them."""
    async with running(folder) as cluster, Supervisor() as tasks:
        if rights:
            grant(cluster)
        controllers = Controllers(cluster.api, SystemClock())
        HollowNode(cluster.api, SystemClock())
        controllers.start(tasks)
        async with client(cluster) as admin:
            world = Managed(cluster, controllers, admin)
            cluster.api.subscribe(world.notice)
            yield world


def grant(cluster: Cluster) -> None:
    """`kubectl apply -k manifests/adoption`."""
    for obj in yaml.safe_load_all(RIGHTS.read_text()):
        kind = declarations.of_type(obj["apiVersion"], obj["kind"])
        assert kind is not None
        cluster.api.create(kind, obj, NS, manager="test")


@asynccontextmanager
async def client(cluster: Cluster) -> AsyncIterator[TestClient[Any, Any]]:
    """The administrator's client of a services API that starts now."""
    credentials = Credentials("oscar", "secret")
    app = application(cluster.kube, Lifecycle(cluster.kube), credentials, ManualClock())
    headers = {"Authorization": encode_basic_auth("oscar", "secret")}
    async with TestClient(TestServer(app), headers=headers) as admin:
        yield admin
