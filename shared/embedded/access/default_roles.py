"""The ClusterRoles and bindings that every cluster has: `view` gives what is expected of it. Pure.

Their rules speak of what this cluster serves. `admin`, `edit` and `view` are written out here; a
real cluster puts them together from roles with aggregation labels, which has no effect here.
Written by `bootstrap` at each start.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.access.rbac import ADMINISTRATORS, AUTHENTICATED, UNAUTHENTICATED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.service.objects import Obj

_GROUP: Final = "rbac.authorization.k8s.io"
_READ: Final = ["get", "list", "watch"]
_WRITE: Final = ["create", "delete", "deletecollection", "patch", "update"]
_HEALTH: Final = ["/healthz", "/livez", "/readyz", "/version", "/version/"]


def _rule(group: str, verbs: list[str], *resources: str) -> Obj:
    return {"apiGroups": [group], "resources": list(resources), "verbs": verbs}


def _paths(*paths: str) -> Obj:
    return {"nonResourceURLs": list(paths), "verbs": ["get"]}


_NETWORK: Final = ("ingresses", "networkpolicies")
_WORKLOADS: Final = ("deployments", "deployments/scale", "replicasets", "replicasets/scale")
_SCALERS: Final = "horizontalpodautoscalers"
_BUDGETS: Final = "poddisruptionbudgets"
_VIEW: Final = [
    _rule(
        "", _READ, "configmaps", "endpoints", "events", "namespaces", "persistentvolumeclaims",
        "persistentvolumeclaims/status", "pods", "pods/log", "pods/status", "serviceaccounts",
        "services", "services/status",
    ),
    _rule("apps", _READ, *_WORKLOADS, "deployments/status", "replicasets/status"),
    _rule("autoscaling", _READ, _SCALERS, f"{_SCALERS}/status"),
    _rule("discovery.k8s.io", _READ, "endpointslices"),
    _rule("networking.k8s.io", _READ, *_NETWORK, "ingresses/status"),
    _rule("policy", _READ, _BUDGETS, f"{_BUDGETS}/status"),
    _rule("metrics.k8s.io", _READ, "pods", "nodes"),
]  # fmt: skip
_EDIT: Final = [
    _rule("", _READ, "pods/attach", "pods/exec", "pods/portforward", "secrets"),
    _rule("", ["impersonate"], "serviceaccounts"),
    _rule("", _WRITE, "pods", "pods/attach", "pods/exec", "pods/portforward"),
    _rule("", ["create"], "pods/eviction", "serviceaccounts/token"),
    _rule(
        "", _WRITE, "configmaps", "events", "persistentvolumeclaims", "secrets", "serviceaccounts",
        "services",
    ),
    _rule("apps", _WRITE, *_WORKLOADS),
    _rule("autoscaling", _WRITE, _SCALERS),
    _rule("networking.k8s.io", _WRITE, *_NETWORK),
    _rule("policy", _WRITE, _BUDGETS),
    _rule("coordination.k8s.io", [*_WRITE, *_READ], "leases"),
    *_VIEW,
]  # fmt: skip
_ADMIN: Final = [
    *_EDIT,
    _rule("authorization.k8s.io", ["create"], "localsubjectaccessreviews"),
    _rule(_GROUP, [*_WRITE, *_READ], "rolebindings", "roles"),
]

ROLES: Final[dict[str, list[Obj]]] = {
    "cluster-admin": [
        _rule("*", ["*"], "*"),
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "admin": _ADMIN,
    "edit": _EDIT,
    "view": _VIEW,
    "system:discovery": [
        _paths("/api", "/api/*", "/apis", "/apis/*", *_HEALTH[:3], "/openapi", "/openapi/*",
               *_HEALTH[3:])
    ],
    "system:basic-user": [
        _rule(
            "authorization.k8s.io", ["create"], "selfsubjectaccessreviews",
            "selfsubjectrulesreviews",
        ),
        _rule("authentication.k8s.io", ["create"], "selfsubjectreviews"),
    ],
    "system:public-info-viewer": [_paths(*_HEALTH)],
    "system:auth-delegator": [
        _rule("authentication.k8s.io", ["create"], "tokenreviews"),
        _rule("authorization.k8s.io", ["create"], "subjectaccessreviews"),
    ],
    "system:monitoring": [
        _paths("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis",
               "/readyz", "/readyz/*")
    ],
}  # fmt: skip
"""Name → rules."""

BINDINGS: Final[dict[str, tuple[str, ...]]] = {
    "cluster-admin": (ADMINISTRATORS,),
    "system:discovery": (AUTHENTICATED,),
    "system:basic-user": (AUTHENTICATED,),
    "system:public-info-viewer": (AUTHENTICATED, UNAUTHENTICATED),
    "system:monitoring": ("system:monitoring",),
}
"""Role (and name of its binding) → groups. Callers without a token are refused all the same."""


def objects() -> Iterator[Obj]:
    """The ClusterRoles, then the ClusterRoleBindings."""
    for name, rules in ROLES.items():
        yield {**_named("ClusterRole", name), "rules": rules}
    for name, groups in BINDINGS.items():
        yield {
            **_named("ClusterRoleBinding", name),
            "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": _GROUP, "kind": "Group", "name": each} for each in groups],
        }


def _named(kind: str, name: str) -> Obj:
    metadata = {
        "name": name,
        "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
    }
    return {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": metadata}
