"""An embedded cluster in this process, with hollow pods and the rights the scaler ships with."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from shared.embedded import kinds
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import service_account
from shared.embedded.api.operations import Api
from shared.embedded.api.providers import Providers
from shared.embedded.controllers.manager import Controllers
from shared.embedded.http.server import ApiServer
from shared.embedded.kinds import Kind
from shared.embedded.node.hollow import HollowNode
from shared.embedded.node.meter import Sample
from shared.embedded.node.metrics import PodUsage, pod_metrics
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from shared.service import names
from shared.service.objects import Obj
from tests.shared.kube.scripted import kubeconfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RIGHTS = Path(__file__).parents[2] / "manifests/base/scaler/rbac.yaml"
MANAGER = "test"
TOKEN = "sesame"  # as tests.shared.kube.scripted writes it


class Embedded:
    """The cluster. `load` is the CPU in cores that the pods of a service share; none: no metrics.

    So one number of replicas is right for a load, and stays so once it is reached, however late
    pods and samples come.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.load: dict[str, float] = {}
        self._pods: Counter[str] = Counter()
        self.metrics = True
        """False: the metrics API is not there."""
        self.port = 0
        self.api = Api(Store(Journal()))
        for space in (names.NAMESPACE, names.SYSTEM_NAMESPACE):
            self.api.create(kinds.NAMESPACE, {"metadata": {"name": space}}, manager=MANAGER)
        for obj in yaml.safe_load_all(RIGHTS.read_text()):
            kind = next(k for k in _RIGHTS if k.kind == obj["kind"])
            space = obj["metadata"].get("namespace", "")
            self.api.create(kind, obj, space, manager=MANAGER)
        self.controllers = Controllers(self.api, SystemClock())
        self.hollow = HollowNode(self.api, SystemClock())
        self.hollow.load = self._load
        self.hollow.window = 1.0

    def add(self, name: str, replicas: int, *, cpu: str = "100m", **expose: Any) -> None:
        """A service with its ConfigMap and Deployment, as management makes them."""
        definition = {"name": name, "image": "none", "expose": {"api_port": 80} | expose}
        labels = {names.SERVICE_LABEL: name}
        app = {"app": names.app_label(name)}
        container = {"name": "main", "image": "none", "resources": {"requests": {"cpu": cpu}}}
        configmap = {
            "metadata": {"name": name, "labels": labels},
            "data": {names.DEFINITION_KEY: yaml.safe_dump(definition)},
        }
        deployment = {
            "metadata": {"name": names.deployment(name), "labels": labels},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": app},
                "template": {
                    "metadata": {"labels": app},
                    "spec": {"nodeSelector": {"type": "hollow"}, "containers": [container]},
                },
            },
        }
        self.api.create(kinds.CONFIG_MAP, configmap, names.NAMESPACE, manager=MANAGER)
        self.api.create(kinds.DEPLOYMENT, deployment, names.NAMESPACE, manager=MANAGER)

    def deployment(self, name: str) -> Obj:
        return self.api.get(kinds.DEPLOYMENT, names.deployment(name), names.NAMESPACE)

    def replicas(self, name: str) -> int:
        found: int = self.deployment(name)["spec"]["replicas"]
        return found

    def scale(self, name: str, replicas: int, manager: str = "kubectl") -> None:
        body = {"spec": {"replicas": replicas}}
        self.api.patch(
            kinds.DEPLOYMENT, names.deployment(name), names.NAMESPACE, body,
            patch_type="merge", manager=manager,
        )  # fmt: skip

    def annotate(self, name: str, **texts: str | None) -> None:
        """Somebody writes annotations of the Deployment; None takes one away."""
        body = {"metadata": {"annotations": texts}}
        self.api.patch(
            kinds.DEPLOYMENT, names.deployment(name), names.NAMESPACE, body,
            patch_type="merge", manager=MANAGER,
        )  # fmt: skip

    def kubeconfig(self, port: int = 0) -> str:
        """The scaler's kubeconfig; with `port`, through a proxy there."""
        path = self.folder / f"kubeconfig-{port or self.port}"
        path.write_text(json.dumps(kubeconfig(f"http://127.0.0.1:{port or self.port}")))
        return str(path)

    def _load(self, pod: Obj) -> tuple[float, int] | None:
        app = pod["metadata"]["labels"]["app"]
        name = app.removeprefix(names.app_label(""))
        return (self.load[name] / self._pods[app], 2**20) if name in self.load else None

    def usage(self, namespace: str | None) -> list[Obj]:
        """PodMetrics of the hollow pods."""
        pods = self.api.list(kinds.POD, names.NAMESPACE)
        self._pods = Counter(each["metadata"]["labels"]["app"] for each in pods)
        found = (pod_metrics(_sampled(each)) for each in self.hollow.usage())
        return [each for each in found if each is not None]


def _sampled(usage: PodUsage) -> PodUsage:
    """Hollow pods have rates but no counters."""
    samples = {name: Sample(rate.time, 0.0, rate.memory) for name, rate in usage.rates.items()}
    return replace(usage, samples=samples)


_RIGHTS: tuple[Kind, ...] = (
    kinds.SERVICE_ACCOUNT,
    kinds.ROLE,
    kinds.ROLE_BINDING,
    kinds.CLUSTER_ROLE,
    kinds.CLUSTER_ROLE_BINDING,
)


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Embedded]:
    """A running cluster on a free port."""
    cluster = Embedded(folder)
    users = {TOKEN: service_account(names.SYSTEM_NAMESPACE, "scaler")}
    server = ApiServer(cluster.api, Tokens(users), Providers(pod_metrics=cluster.usage))
    async with Supervisor() as tasks:
        cluster.controllers.start(tasks)
        cluster.port = await server.start()
        try:
            yield cluster
        finally:
            with contextlib.suppress(Exception):
                await server.stop()
