"""What an operator can do about a failed call, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kube.errors import (
    Forbidden,
    KubeError,
    NotConfigured,
    NotFound,
    Unauthorized,
    Unreachable,
)

if TYPE_CHECKING:
    from shared.kube.resources import Resource


def remedy(error: KubeError, verb: str, resource: Resource, namespace: str | None) -> str:
    """The remedy when `verb` (list, watch, get, patch, …) on `resource` gave `error`; "" if none.

    The names are those an RBAC rule uses: verb, plural and API group.
    """
    group = f" of API group {resource.group}" if resource.group else ""
    where = f"in namespace {namespace}" if namespace else "in all namespaces"
    match error:
        case Forbidden():
            return (
                f"allow this process's service account to {verb} {resource.plural}{group} {where}"
            )
        case Unauthorized():
            return "renew the token or certificate that the kubeconfig or service account gives"
        case NotFound():
            return f"check that the cluster serves {resource.api_version} {resource.plural} {where}"
        case Unreachable() | NotConfigured():
            return "check that the API server runs and that KUBECONFIG points to it"
    return ""
