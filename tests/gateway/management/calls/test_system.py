"""Info, config and status, with the rights of the manifests and without a cluster that answers."""

from __future__ import annotations

import json
from typing import Any

import yaml
from aiohttp.test_utils import TestClient

from shared.embedded import kinds
from tests.gateway.management.cluster import MANIFESTS, Cluster

Client = TestClient[Any, Any]
KINDS = {"ClusterRole": kinds.CLUSTER_ROLE, "ClusterRoleBinding": kinds.CLUSTER_ROLE_BINDING}
NODE = {
    "metadata": {"name": "node-1"},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "nvidia.com/gpu": "1"}},
}


async def read(client: Client, path: str) -> dict[str, Any]:
    answer = await client.get(f"/system/{path}")
    assert answer.status == 200, await answer.text()
    found: dict[str, Any] = json.loads(await answer.text())
    return found


def grant(cluster: Cluster) -> None:
    rights = MANIFESTS.parent / "components" / "cluster-status" / "rbac.yaml"
    for obj in yaml.safe_load_all(rights.read_text()):
        cluster.api.create(KINDS[obj["kind"]], obj, manager="test")


async def test_info(admin: Client) -> None:
    told = await read(admin, "info")
    assert set(told) == {
        "version",
        "git_commit",
        "architecture",
        "kubernetes_version",
        "serverless_backend",
    }
    assert told["kubernetes_version"].startswith("v1.")


async def test_config(admin: Client, cluster: Cluster) -> None:
    """The dashboard takes lengths of lists and fields of the provider: none may be null."""
    told = await read(admin, "config")
    assert told["config"]["oidc_groups"] == []
    assert told["config"]["services_namespace"] == "oscar-svc"
    assert told["config"]["gpu_available"] is False
    assert told["minio_provider"]["endpoint"] == told["minio_provider"]["access_key"] == ""
    assert told["allowed_image_repositories"] == []
    cluster.api.create(kinds.NODE, NODE, manager="test")
    grant(cluster)
    assert (await read(admin, "config"))["config"]["gpu_available"] is True


async def test_status_without_rights_is_zeros_and_a_sentence(admin: Client) -> None:
    told = await read(admin, "status")
    assert (told["cluster"]["nodes_count"], told["cluster"]["nodes"]) == (0, [])
    assert told["oscar"]["ready"] is True
    assert told["oscar"]["deployment"]["creation_timestamp"] == "1970-01-12T13:46:40Z"
    assert told["minio"] == {"buckets_count": 0, "total_objects": 0}
    assert told["message"].startswith("Nodes of the cluster are not known: 403 Forbidden")
    assert "apply manifests/components/cluster-status/rbac.yaml to grant it." in told["message"]


async def test_status_with_rights_tells_nodes(admin: Client, cluster: Cluster) -> None:
    cluster.api.create(kinds.NODE, NODE, manager="test")
    grant(cluster)
    told = await read(admin, "status")
    assert told["cluster"]["nodes"][0]["cpu"]["capacity_cores"] == 4000
    assert told["message"].startswith("NodeMetrics of the cluster are not known")


async def test_a_slash_too_many_is_redirected(admin: Client) -> None:
    """oscar-python's storage client asks so."""
    assert (await read(admin, "config/"))["config"]["namespace"] == "oscar"


async def test_nobody_else_is_told(anyone: Client) -> None:
    for path in ("info", "config", "status"):
        assert (await anyone.get(f"/system/{path}")).status == 401
