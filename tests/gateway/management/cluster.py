"""The embedded API server for tests of the services API, with the rights of the manifests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shared.embedded import kinds
from shared.embedded.access import default_roles
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import User
from shared.embedded.api.operations import Api
from shared.embedded.api.providers import LogRequest, Providers
from shared.embedded.controllers.namespaces import AUTHORITY
from shared.embedded.errors import bad_request
from shared.embedded.http.server import ApiServer
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.kube.client import KubeClient
from shared.service.objects import unix_seconds
from tests.shared.kube.scripted import kubeconfig_file

NS = "oscar-svc"
MANIFESTS = Path(__file__).parents[3] / "manifests" / "base"
ACCOUNT = "system:serviceaccount:oscar:management"
KINDS = {
    "ServiceAccount": kinds.SERVICE_ACCOUNT,
    "Role": kinds.ROLE,
    "RoleBinding": kinds.ROLE_BINDING,
    "ClusterRole": kinds.CLUSTER_ROLE,
    "ClusterRoleBinding": kinds.CLUSTER_ROLE_BINDING,
}


@dataclass
class Cluster:
    """The state behind the server, and a client with the rights that management has."""

    api: Api
    kube: KubeClient
    kubeconfig: str
    logs: dict[str, str] = field(default_factory=dict)
    providers: Providers = field(default_factory=Providers)

    def names(self, kind: kinds.Kind) -> list[str]:
        """Of all but what every namespace has by itself."""
        found = [one["metadata"]["name"] for one in self.api.list(kind, NS)]
        return [name for name in found if name != AUTHORITY]

    def configmap(self, name: str) -> dict[str, Any]:
        return self.api.get(kinds.CONFIG_MAP, name, NS)

    def deployment(self, name: str) -> dict[str, Any]:
        return self.api.get(kinds.DEPLOYMENT, f"{name}-dlp", NS)

    def container(self, name: str) -> dict[str, Any]:
        only: dict[str, Any] = self.deployment(name)["spec"]["template"]["spec"]["containers"][0]
        return only

    def scale(self, name: str, replicas: int) -> None:
        """What the scaler does."""
        body = {"spec": {"replicas": replicas}}
        deployment = f"{name}-dlp"
        self.api.patch(
            kinds.DEPLOYMENT, deployment, NS, body, subresource="scale", manager="scaler"
        )


def _logged(logs: dict[str, str], pod: str, asked: LogRequest) -> bytes:
    """What the node gives of a log; that of the run before is kept as `<pod> before`."""
    name = f"{pod} before" if asked.previous else pod
    if asked.previous and name not in logs:
        raise bad_request(f"previous terminated container in pod {pod} not found")
    lines = logs[name].split("\n")
    if asked.since is not None:
        after = [line for line in lines if line and unix_seconds(line.split()[0]) >= asked.since]
        lines = [*after, ""]
    if asked.tail_lines is not None:
        lines = lines[-asked.tail_lines - 1 :]
    return "\n".join(lines).encode()[: asked.limit_bytes]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Cluster]:
    api = Api(Store(Journal(None)))
    for name in ("oscar", NS):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        api.create(kinds.NAMESPACE, body, manager="test")
    shipped = yaml.safe_load_all((MANIFESTS / "management" / "rbac.yaml").read_text())
    for obj in (*default_roles.objects(), *shipped):
        space = obj["metadata"].get("namespace", "")
        api.create(KINDS[obj["kind"]], obj, space, manager="test")
    logs: dict[str, str] = {}

    async def read(pod: dict[str, Any], asked: LogRequest) -> AsyncIterator[bytes]:
        yield _logged(logs, pod["metadata"]["name"], asked)

    user = User(ACCOUNT, ("system:serviceaccounts", "system:authenticated"))
    providers = Providers(logs=read)
    server = ApiServer(api, Tokens({"sesame": user}), providers)
    port = await server.start()
    try:
        path = kubeconfig_file(folder, f"http://127.0.0.1:{port}")
        async with KubeClient.open(field_manager="exposed-services", kubeconfig=path) as kube:
            yield Cluster(api, kube, path, logs, providers)
    finally:
        await server.stop()
