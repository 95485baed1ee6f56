"""What the roles that every cluster has give, and to whom."""

from __future__ import annotations

import pytest

from shared.embedded import declarations
from shared.embedded.access import default_roles, rbac
from shared.embedded.access.rbac import Attributes, Policy, User

ACCOUNT = rbac.service_account("space", "robot")
KNOWN = ("system:authenticated",)


def bound(role: str) -> Policy:
    """The default rights, and `role` bound to the group `team` in the namespace `space`."""
    objects = list(default_roles.objects())
    binding = {
        "metadata": {"namespace": "space"},
        "roleRef": {"kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "Group", "name": "team"}],
    }
    return Policy(
        roles=[],
        role_bindings=[binding],
        cluster_roles=[each for each in objects if each["kind"] == "ClusterRole"],
        cluster_role_bindings=[each for each in objects if each["kind"] == "ClusterRoleBinding"],
    )


@pytest.mark.parametrize(
    ("verb", "group", "resource", "least"),
    [
        ("list", "", "pods", "view"),
        ("get", "", "pods/log", "view"),
        ("list", "apps", "deployments", "view"),
        ("watch", "discovery.k8s.io", "endpointslices", "view"),
        ("list", "", "secrets", "edit"),
        ("get", "", "pods/exec", "edit"),
        ("create", "", "pods/portforward", "edit"),
        ("patch", "apps", "deployments/scale", "edit"),
        ("create", "", "serviceaccounts/token", "edit"),
        ("impersonate", "", "serviceaccounts", "edit"),
        ("create", "rbac.authorization.k8s.io", "rolebindings", "admin"),
        ("create", "authorization.k8s.io", "localsubjectaccessreviews", "admin"),
        ("delete", "", "namespaces", "cluster-admin"),
        ("bind", "rbac.authorization.k8s.io", "clusterroles", "cluster-admin"),
        ("impersonate", "", "users", "cluster-admin"),
    ],
)
def test_each_role_gives_more_than_the_one_before(
    verb: str, group: str, resource: str, least: str
) -> None:
    asked = Attributes(verb, group, resource, "space", "name")
    roles = ["view", "edit", "admin", "cluster-admin"]
    allowed = [rbac.allows(bound(role), User("ann", ("team",)), asked) for role in roles]
    assert allowed == [role >= roles.index(least) for role in range(len(roles))]


@pytest.mark.parametrize(
    ("user", "asked", "allowed"),
    [
        (ACCOUNT, Attributes("get", path="/apis/apps"), True),
        (ACCOUNT, Attributes("get", path="/readyz"), True),
        (ACCOUNT, Attributes("get", path="/readyz/ping"), False),
        (ACCOUNT, Attributes("get", path="/"), False),
        (ACCOUNT, Attributes("create", "authorization.k8s.io", "selfsubjectrulesreviews"), True),
        (ACCOUNT, Attributes("create", "authorization.k8s.io", "subjectaccessreviews"), False),
        (ACCOUNT, Attributes("list", "", "pods", "space"), False),
        (User("eve"), Attributes("get", path="/version"), False),
        (User("eve", ("system:unauthenticated",)), Attributes("get", path="/version"), True),
        (User("eve", ("system:unauthenticated",)), Attributes("get", path="/api"), False),
        (User("m", (*KNOWN, "system:monitoring")), Attributes("get", path="/livez/etcd"), True),
    ],
)
def test_what_everybody_may(user: User, asked: Attributes, allowed: bool) -> None:
    assert rbac.allows(bound("nothing"), user, asked) is allowed


def test_bindings_name_roles_and_all_that_is_named_is_served() -> None:
    assert default_roles.BINDINGS.keys() <= default_roles.ROLES.keys()
    served = {
        (kind.group, f"{kind.plural}/{sub}" if sub else kind.plural)
        for kind in declarations.KINDS
        for sub in ("", *(each.name for each in kind.subresources))
    }
    for rules in default_roles.ROLES.values():
        for rule in rules:
            named = {
                (group, each) for group in rule.get("apiGroups", ()) for each in rule["resources"]
            }
            assert named - {("*", "*")} <= served
