"""Tables (meta.k8s.io/v1): what `kubectl get` prints, chosen and formatted by the server.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.tables import core, pods, rbac, workloads
from shared.embedded.tables.column import AGE, NAME, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.embedded.kinds import Kind, Obj

_GENERIC: Final = (NAME, AGE)

_COLUMNS: Final[Mapping[tuple[str, str], tuple[Column, ...]]] = {
    ("", "configmaps"): core.CONFIGMAPS,
    ("", "events"): core.EVENTS,
    ("", "namespaces"): core.NAMESPACES,
    ("", "nodes"): core.NODES,
    ("", "pods"): pods.COLUMNS,
    ("", "secrets"): core.SECRETS,
    ("", "serviceaccounts"): core.SERVICE_ACCOUNTS,
    ("", "services"): core.SERVICES,
    ("apps", "deployments"): workloads.DEPLOYMENTS,
    ("apps", "replicasets"): workloads.REPLICASETS,
    ("autoscaling", "horizontalpodautoscalers"): workloads.AUTOSCALERS,
    ("coordination.k8s.io", "leases"): core.LEASES,
    ("discovery.k8s.io", "endpointslices"): core.ENDPOINTSLICES,
    ("events.k8s.io", "events"): core.EVENTS,
    ("networking.k8s.io", "ingresses"): core.INGRESSES,
    ("networking.k8s.io", "networkpolicies"): core.NETWORK_POLICIES,
    ("policy", "poddisruptionbudgets"): workloads.DISRUPTION_BUDGETS,
    ("rbac.authorization.k8s.io", "clusterrolebindings"): rbac.BINDINGS,
    ("rbac.authorization.k8s.io", "clusterroles"): rbac.ROLES,
    ("rbac.authorization.k8s.io", "rolebindings"): rbac.BINDINGS,
    ("rbac.authorization.k8s.io", "roles"): rbac.ROLES,
}


def render(
    kind: Kind,
    objects: Iterable[Obj],
    list_meta: Mapping[str, Any],
    include: str = "Metadata",
    *,
    now: float,
    headers: bool = True,
) -> Obj:
    """The Table of `objects`, in their order.

    `list_meta` is the metadata of the list (resourceVersion, continue); `include` the request's
    includeObject: `None`, `Metadata` (default, also for the empty string) or `Object`. `now` is in
    Unix seconds. In a watch only the first Table carries column definitions (`headers=False` for
    the rest).
    """
    columns = _COLUMNS.get((kind.group, kind.plural), _GENERIC)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(list_meta),
        "columnDefinitions": [column.definition() for column in columns] if headers else None,
        "rows": [
            {"cells": [column.cell(obj, now) for column in columns], **_included(obj, include)}
            for obj in objects
        ],
    }


def _included(obj: Obj, include: str) -> Obj:
    match include:
        case "None":
            return {"object": None}
        case "Object":
            return {"object": obj}
        case _:
            return {
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": obj["metadata"],
                }
            }
