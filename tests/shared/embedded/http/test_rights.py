"""Writing rights over HTTP: by every verb, and with somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.access.rbac import User
from tests.shared.embedded.http.conftest import SPACE, Cluster

RBAC = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{SPACE}"
GROUP = "rbac.authorization.k8s.io"
STRONG = {
    "metadata": {"name": "strong"},
    "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["delete"]}],
}
WEAK = {
    "metadata": {"name": "weak"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}


def binding(role: str, user: str) -> dict[str, Any]:
    subjects = [{"apiGroup": GROUP, "kind": "User", "name": user}]
    reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}
    return {"metadata": {"name": f"{user}-{role}"}, "roleRef": reference, "subjects": subjects}


@pytest.fixture
async def granted(cluster: Cluster) -> Cluster:
    """Ann is administrator of the namespace, and of no more."""
    cluster.tokens.add("ann", User("ann", ("system:authenticated",)))
    assert (await cluster.call("POST", f"{RBAC}/rolebindings", binding("admin", "ann")))[0] == 201
    return cluster


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type"),
    [
        ("POST", "roles", STRONG, "application/json"),
        ("POST", "roles?dryRun=All", STRONG, "application/json"),
        ("PUT", "roles/weak", {**STRONG, "metadata": {"name": "weak"}}, "application/json"),
        ("PATCH", "roles/weak", {"rules": STRONG["rules"]}, "application/merge-patch+json"),
        ("POST", "rolebindings", binding("cluster-admin", "ann"), "application/json"),
    ],
)
async def test_nobody_gives_more_than_he_has(
    granted: Cluster, method: str, path: str, body: Any, content_type: str
) -> None:
    assert (await granted.call("POST", f"{RBAC}/roles", WEAK, token="ann"))[0] == 201
    status, refused = await granted.call(
        method, f"{RBAC}/{path}", body, token="ann", content_type=content_type
    )
    assert status == 403
    assert 'user "ann" (groups=["system:authenticated"]) is attempting' in refused["message"]
    _, roles = await granted.call("GET", f"{RBAC}/roles")
    assert [each["rules"] for each in roles["items"]] == [WEAK["rules"]]


async def test_what_one_has_one_may_give(granted: Cluster) -> None:
    granted.tokens.add("bo", User("bo", ("system:authenticated",)))
    path = f"/api/v1/namespaces/{SPACE}/pods"
    assert (await granted.call("GET", path, token="bo"))[0] == 403
    sent = binding("view", "bo")
    assert (await granted.call("POST", f"{RBAC}/rolebindings", sent, token="ann"))[0] == 201
    assert (await granted.call("GET", path, token="bo"))[0] == 200
    secrets = f"/api/v1/namespaces/{SPACE}/secrets"
    assert (await granted.call("GET", secrets, token="bo"))[0] == 403
