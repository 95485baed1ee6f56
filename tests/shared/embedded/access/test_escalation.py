"""Who writes rights must have them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import kinds
from shared.embedded.access import escalation
from shared.embedded.access.rbac import Policy, User, administrator
from shared.embedded.errors import StatusError

ANN = User("ann", ("team", "system:authenticated"))
RBAC = "rbac.authorization.k8s.io"


def rule(group: str, resource: str, *verbs: str, **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs), **more}


PODS = rule("", "pods", "get", "list")
PATHS = {"nonResourceURLs": ["/logs/*"], "verbs": ["get"]}


def policy(*held: dict[str, Any]) -> Policy:
    """Ann holds the rules in the namespace `space`, or everywhere if they speak of paths."""
    subjects = [{"kind": "User", "name": "ann"}]
    reference = {"kind": "ClusterRole", "name": "held"}
    everywhere = any("nonResourceURLs" in each for each in held)
    binding = {"metadata": {"namespace": "space"}, "roleRef": reference, "subjects": subjects}
    return Policy(
        roles=[{"metadata": {"name": "there", "namespace": "space"}, "rules": [PODS]}],
        role_bindings=[] if everywhere else [binding],
        cluster_roles=[
            {"metadata": {"name": "held"}, "rules": list(held)},
            {"metadata": {"name": "wide"}, "rules": [PODS]},
        ],
        cluster_role_bindings=[binding] if everywhere else [],
    )


def role(*rules: dict[str, Any], namespace: str = "space", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "r", "namespace": namespace, **metadata}, "rules": list(rules)}


def binding(kind: str, name: str) -> dict[str, Any]:
    reference = {"apiGroup": RBAC, "kind": kind, "name": name}
    return {"metadata": {"name": "b", "namespace": "space"}, "roleRef": reference, "subjects": []}


@pytest.mark.parametrize(
    ("held", "wanted", "allowed"),
    [
        ([PODS], [PODS], True),
        ([PODS], [rule("", "pods", "get")], True),
        ([PODS], [], True),
        ([PODS], [rule("", "pods", "delete")], False),
        ([PODS], [rule("", "pods", "*")], False),
        ([PODS], [rule("apps", "pods", "get")], False),
        ([PODS], [rule("", "pods", "get", resourceNames=["a"])], True),
        ([rule("", "pods", "get", resourceNames=["a"])], [rule("", "pods", "get")], False),
        (
            [rule("", "pods", "get", resourceNames=["a", "b"])],
            [rule("", "pods", "get", resourceNames=["b"])],
            True,
        ),
        ([rule("*", "*/status", "*")], [rule("apps", "deployments/status", "patch")], True),
        ([rule("*", "*/status", "*")], [rule("apps", "deployments", "patch")], False),
        ([rule("", "pods", "get"), rule("", "pods", "list")], [PODS], True),
        ([PATHS], [{"nonResourceURLs": ["/logs/a"], "verbs": ["get"]}], True),
        ([PATHS], [{"nonResourceURLs": ["/logs/a/*"], "verbs": ["get"]}], True),
        ([PATHS], [{"nonResourceURLs": ["*"], "verbs": ["get"]}], False),
        ([rule(RBAC, "roles", "escalate")], [rule("*", "*", "*")], True),
        ([rule(RBAC, "roles", "escalate", resourceNames=["x"])], [PODS], False),
    ],
)
def test_a_role_gives_what_its_writer_has(held: Any, wanted: Any, allowed: bool) -> None:
    assert refused(policy(*held), kinds.ROLE, role(*wanted)) is not allowed


def refused(given: Policy, kind: kinds.Kind, new: Any, old: Any = None) -> bool:
    try:
        escalation.check(given, ANN, kind, old, new)
    except StatusError as error:
        return error.code == 403
    return False


def test_the_words() -> None:
    wanted = role(rule("", "pods", "get", "delete"), rule("apps", "deployments", "get"), PATHS)
    with pytest.raises(StatusError) as told:
        escalation.check(policy(), ANN, kinds.ROLE, None, wanted)
    assert told.value.message == (
        'roles.rbac.authorization.k8s.io "r" is forbidden: user "ann" (groups=["team" '
        '"system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "delete"]}\n'
        '{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}\n'
        '{NonResourceURLs:["/logs/*"], Verbs:["get"]}'
    )
    assert told.value.details == {"name": "r", "group": RBAC, "kind": "roles"}


@pytest.mark.parametrize(
    ("held", "kind", "name", "allowed"),
    [
        ([PODS], "ClusterRole", "wide", True),
        ([PODS], "Role", "there", True),
        ([rule("", "pods", "get")], "Role", "there", False),
        ([rule(RBAC, "clusterroles", "bind", resourceNames=["wide"])], "ClusterRole", "wide", True),
        ([rule(RBAC, "clusterroles", "bind")], "Role", "there", False),
        ([rule(RBAC, "clusterroles", "bind")], "ClusterRole", "missing", True),
    ],
)
def test_a_binding_gives_what_its_writer_has(
    held: Any, kind: str, name: str, allowed: bool
) -> None:
    found = refused(policy(*held), kinds.ROLE_BINDING, binding(kind, name))
    assert found is not allowed


def test_a_role_that_is_not_there_cannot_be_bound() -> None:
    bound = binding("ClusterRole", "missing")
    with pytest.raises(StatusError, match='"missing" not found') as told:
        escalation.check(policy(PODS), ANN, kinds.ROLE_BINDING, None, bound)
    assert told.value.code == 404


def test_only_collecting_garbage_asks_for_nothing() -> None:
    strong = rule("*", "*", "*")
    old = role(strong, finalizers=["a/b"], resourceVersion="1")
    assert not refused(policy(), kinds.ROLE, role(strong, resourceVersion="2"), old)
    assert refused(policy(), kinds.ROLE, role(strong, labels={"a": "b"}), old)


def test_whom_it_concerns() -> None:
    assert escalation.concerns(ANN, kinds.ROLE_BINDING)
    assert not escalation.concerns(ANN, kinds.CONFIG_MAP)
    assert not escalation.concerns(administrator(), kinds.ROLE)


def test_aggregation_may_give_anything() -> None:
    new = {**role(namespace=""), "aggregationRule": {"clusterRoleSelectors": []}}
    with pytest.raises(StatusError, match="must have cluster-admin privileges"):
        escalation.check(policy(PODS), ANN, kinds.CLUSTER_ROLE, None, new)
