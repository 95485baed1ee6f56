"""RBAC decisions, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.access import rbac
from shared.embedded.access.rbac import Attributes, Policy, User, allows

SCALER = rbac.service_account("oscar", "scaler")
RULES = [
    {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["patch"]},
    {"apiGroups": ["apps"], "resources": ["*/status"], "verbs": ["*"]},
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["one"]},
]


def role(name: str, rules: list[Any], namespace: str = "") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "rules": rules}


def binding(role_name: str, kind: str, *subjects: dict[str, str], space: str = "") -> Any:
    reference = {"kind": kind, "name": role_name}
    return {"metadata": {"namespace": space}, "roleRef": reference, "subjects": list(subjects)}


ACCOUNT = {"kind": "ServiceAccount", "name": "scaler", "namespace": "oscar"}
POLICY = Policy(
    roles=[role("local", RULES, "oscar-svc")],
    role_bindings=[
        binding("local", "Role", ACCOUNT, space="oscar-svc"),
        binding("wide", "ClusterRole", {"kind": "Group", "name": "team"}, space="oscar-svc"),
    ],
    cluster_roles=[
        role("wide", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}]),
        role("paths", [{"nonResourceURLs": ["/metrics", "/logs/*"], "verbs": ["get"]}]),
        role("nodes", [{"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}]),
    ],
    cluster_role_bindings=[
        binding("paths", "ClusterRole", {"kind": "User", "name": "ann"}),
        binding("nodes", "ClusterRole", ACCOUNT),
        binding("missing", "ClusterRole", ACCOUNT),
    ],
)


@pytest.mark.parametrize(
    ("user", "request_", "allowed"),
    [
        (SCALER, Attributes("list", "", "pods", "oscar-svc"), True),
        (SCALER, Attributes("watch", "", "pods", "oscar-svc"), False),
        (SCALER, Attributes("list", "", "pods", "other"), False),
        (SCALER, Attributes("list", "", "pods"), False),
        (SCALER, Attributes("get", "", "pods/log", "oscar-svc", "p"), True),
        (SCALER, Attributes("get", "metrics.k8s.io", "pods", "oscar-svc"), False),
        (SCALER, Attributes("patch", "apps", "deployments/scale", "oscar-svc", "d"), True),
        (SCALER, Attributes("patch", "apps", "deployments", "oscar-svc", "d"), False),
        (SCALER, Attributes("update", "apps", "replicasets/status", "oscar-svc", "r"), True),
        (SCALER, Attributes("get", "", "configmaps", "oscar-svc", "one"), True),
        (SCALER, Attributes("get", "", "configmaps", "oscar-svc", "two"), False),
        (SCALER, Attributes("list", "", "configmaps", "oscar-svc"), False),
        (SCALER, Attributes("get", "", "nodes/proxy", "", "n1"), True),
        (SCALER, Attributes("get", path="/metrics"), False),
        (SCALER, Attributes("get", path="/apis/apps"), False),
        (User("ann"), Attributes("get", path="/metrics"), True),
        (User("ann"), Attributes("get", path="/logs/today"), True),
        (User("ann"), Attributes("post", path="/logs/today"), False),
        (User("bo", ("team",)), Attributes("get", "apps", "deployments", "oscar-svc", "d"), True),
        (User("bo", ("team",)), Attributes("get", "apps", "deployments", "oscar", "d"), False),
        (User("team"), Attributes("get", "apps", "deployments", "oscar-svc", "d"), False),
        (rbac.administrator(), Attributes("delete", "", "nodes", "", "n1"), True),
        (
            rbac.service_account("other", "scaler"),
            Attributes("list", "", "pods", "oscar-svc"),
            False,
        ),
    ],
)
def test_decisions(user: User, request_: Attributes, allowed: bool) -> None:
    assert allows(POLICY, user, request_) is allowed


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            Attributes("patch", "apps", "deployments/scale", "oscar-svc", "d"),
            'deployments.apps "d" is forbidden: User "system:serviceaccount:oscar:scaler" cannot '
            'patch resource "deployments/scale" in API group "apps" in the namespace "oscar-svc"',
        ),
        (
            Attributes("list", "", "nodes"),
            'nodes is forbidden: User "system:serviceaccount:oscar:scaler" cannot list resource '
            '"nodes" in API group "" at the cluster scope',
        ),
        (
            Attributes("get", path="/metrics"),
            'forbidden: User "system:serviceaccount:oscar:scaler" cannot get path "/metrics"',
        ),
    ],
)
def test_refusals(request_: Attributes, message: str) -> None:
    refused = rbac.refusal(SCALER, request_)
    assert (refused.code, refused.reason, refused.message) == (403, "Forbidden", message)
