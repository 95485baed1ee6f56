"""Reviews and token requests over HTTP, and requests as somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.access.rbac import User
from tests.shared.embedded.http.conftest import ADMIN, SPACE, Cluster

AUTHENTICATION = "/apis/authentication.k8s.io/v1"
AUTHORIZATION = "/apis/authorization.k8s.io/v1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ACCOUNTS = f"/api/v1/namespaces/{SPACE}/serviceaccounts"
ROBOT = f"system:serviceaccount:{SPACE}:robot"
GROUP = "rbac.authorization.k8s.io"


async def status(cluster: Cluster, path: str, spec: Any = None, **options: Any) -> Any:
    """The status of a review that is answered."""
    code, body = await cluster.call("POST", path, {"spec": spec} if spec else {}, **options)
    assert code == 201, body
    return body["status"]


@pytest.fixture
async def viewed(cluster: Cluster) -> Cluster:
    """The account `robot` may view the namespace."""
    assert (await cluster.call("POST", ACCOUNTS, {"metadata": {"name": "robot"}}))[0] == 201
    binding = {
        "metadata": {"name": "robot"},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": SPACE}],
    }
    path = f"{RBAC}/namespaces/{SPACE}/rolebindings"
    assert (await cluster.call("POST", path, binding))[0] == 201
    return cluster


async def token(cluster: Cluster, **spec: Any) -> str:
    return str((await status(cluster, f"{ACCOUNTS}/robot/token", spec))["token"])


def asked(resource: str, verb: str = "list") -> dict[str, Any]:
    return {"resourceAttributes": {"namespace": SPACE, "verb": verb, "resource": resource}}


async def test_oneself_is_told_with_groups_and_uid(viewed: Cluster) -> None:
    mine = await token(viewed)
    found = await status(viewed, f"{AUTHENTICATION}/selfsubjectreviews", token=mine)
    _, account = await viewed.call("GET", f"{ACCOUNTS}/robot")
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{SPACE}", "system:authenticated"]
    wanted = {"username": ROBOT, "uid": account["metadata"]["uid"], "groups": groups}
    assert found["userInfo"] == wanted


async def test_what_oneself_may(viewed: Cluster) -> None:
    mine, path = await token(viewed), f"{AUTHORIZATION}/selfsubjectaccessreviews"
    for resource, allowed in (("pods", True), ("secrets", False)):
        found = await status(viewed, path, asked(resource), token=mine)
        assert found["allowed"] is allowed
    outside = {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}
    assert (await status(viewed, path, outside, token=mine))["allowed"] is False
    assert (await viewed.call("POST", path, {"spec": {}}, token=mine))[0] in (400, 422)


async def test_the_list_of_ones_rights(viewed: Cluster) -> None:
    path = f"{AUTHORIZATION}/selfsubjectrulesreviews"
    found = await status(viewed, path, {"namespace": SPACE}, token=await token(viewed))
    resources = [each for rule in found["resourceRules"] for each in rule["resources"]]
    assert {"pods", "configmaps", "selfsubjectreviews"} <= set(resources)
    assert "secrets" not in resources
    paths = [each for rule in found["nonResourceRules"] for each in rule["nonResourceURLs"]]
    assert {"/api", "/version", "/openapi/*"} <= set(paths)
    assert found["incomplete"] is False
    everything = await status(viewed, path, {"namespace": SPACE})
    assert {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]} in everything["resourceRules"]


async def test_what_others_may_is_told_to_those_who_may_ask(viewed: Cluster) -> None:
    path = f"{AUTHORIZATION}/subjectaccessreviews"
    local = f"{AUTHORIZATION}/namespaces/{SPACE}/localsubjectaccessreviews"
    for where in (path, local):
        for resource, allowed in (("pods", True), ("secrets", False)):
            found = await status(viewed, where, {**asked(resource), "user": ROBOT})
            assert found["allowed"] is allowed
    mine = await token(viewed)
    sent = {"spec": {**asked("pods"), "user": ROBOT}}
    assert (await viewed.call("POST", path, sent, token=mine))[0] == 403


async def test_a_token_is_reviewed_for_its_audience(viewed: Cluster) -> None:
    path = f"{AUTHENTICATION}/tokenreviews"
    found = await status(viewed, path, {"token": await token(viewed)})
    assert (found["authenticated"], found["user"]["username"]) == (True, ROBOT)
    assert found["audiences"] == ["https://kubernetes.default.svc"]
    other = await token(viewed, audiences=["vault"])
    found = await status(viewed, path, {"token": other, "audiences": ["vault", "x"]})
    assert found["audiences"] == ["vault"]
    assert not (await status(viewed, path, {"token": other})).get("authenticated")
    pods = f"/api/v1/namespaces/{SPACE}/pods"
    assert (await viewed.call("GET", pods, token=other))[0] == 401


@pytest.mark.parametrize("seconds", [599, (1 << 32) + 1])
async def test_the_duration_of_a_token_is_bounded(viewed: Cluster, seconds: int) -> None:
    sent = {"spec": {"expirationSeconds": seconds}}
    code, refused = await viewed.call("POST", f"{ACCOUNTS}/robot/token", sent)
    assert (code, refused["reason"]) == (422, "Invalid")
    assert "spec.expirationSeconds" in refused["message"]


@pytest.mark.parametrize(
    "spec", [3, [], {"expirationSeconds": "long"}, {"audiences": "a"}, {"boundObjectRef": "p"}]
)
async def test_what_is_no_token_request_is_refused(viewed: Cluster, spec: Any) -> None:
    code, refused = await viewed.call("POST", f"{ACCOUNTS}/robot/token", {"spec": spec})
    assert (code, refused["reason"]) == (400, "BadRequest"), refused


async def test_a_token_ends_with_what_it_is_bound_to(viewed: Cluster) -> None:
    secret = {"metadata": {"name": "s"}}
    secrets = f"/api/v1/namespaces/{SPACE}/secrets"
    assert (await viewed.call("POST", secrets, secret))[0] == 201
    reference = {"apiVersion": "v1", "kind": "Secret", "name": "s"}
    bound, free = await token(viewed, boundObjectRef=reference), await token(viewed)
    pods = f"/api/v1/namespaces/{SPACE}/pods"
    assert (await viewed.call("GET", pods, token=bound))[0] == 200
    await viewed.call("DELETE", f"{secrets}/s")
    assert (await viewed.call("GET", pods, token=bound))[0] == 401
    assert (await viewed.call("GET", pods, token=free))[0] == 200
    await viewed.call("DELETE", f"{ACCOUNTS}/robot")
    assert (await viewed.call("GET", pods, token=free))[0] == 401


async def as_other(cluster: Cluster, path: str, token: str, **headers: str) -> tuple[int, Any]:
    given = {"Authorization": f"Bearer {token}"}
    given |= {f"Impersonate-{name}": value for name, value in headers.items()}
    async with cluster.client.get(path, headers=given) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("suffix", ["", "?watch=1&timeoutSeconds=1", "/p/log"])
async def test_a_request_is_that_of_who_is_impersonated(viewed: Cluster, suffix: str) -> None:
    path = f"/api/v1/namespaces/{SPACE}/secrets{suffix}"
    code, refused = await as_other(viewed, path, ADMIN, User=ROBOT)
    assert code == 403
    assert f'User "{ROBOT}" cannot' in refused["message"]


async def test_who_may_not_impersonate_is_refused_whatever_he_may(viewed: Cluster) -> None:
    viewed.tokens.add("eve", User("eve", ("system:authenticated",)))
    path = f"/api/v1/namespaces/{SPACE}/pods"
    assert (await as_other(viewed, path, ADMIN, User=ROBOT))[0] == 200
    code, refused = await as_other(viewed, path, "eve", User=ROBOT)
    assert (code, refused["details"]) == (403, {"name": "robot", "kind": "serviceaccounts"})
    code, refused = await as_other(viewed, path, "eve", User="eve", Group="system:masters")
    assert code == 403
