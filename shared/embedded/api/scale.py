"""The scale subresource: the replicas of a workload as an autoscaling/v1 Scale. Pure.

Called by `operations`; writes nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.errors import UndecodableError, bad_request, invalid_as
from shared.embedded.schema import kubernetes
from shared.embedded.schema.decoding import checked
from shared.embedded.schema.selectors import selector_text
from shared.embedded.validation.checks import not_negative

if TYPE_CHECKING:
    from shared.service.objects import Obj

API_VERSION: Final = "autoscaling/v1"
KIND: Final = "Scale"
SCHEMA: Final = kubernetes.schema("autoscaling", "v1", KIND)


def view(workload: Obj) -> Obj:
    """The Scale of a Deployment or ReplicaSet. As in Go, `spec.replicas` of 0 is left out."""
    metadata, spec = workload["metadata"], workload["spec"]
    shown = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Obj = {"replicas": workload.get("status", {}).get("replicas", 0)}
    if selector := selector_text(spec.get("selector", {})):
        status["selector"] = selector
    return {
        "kind": KIND,
        "apiVersion": API_VERSION,
        "metadata": {name: metadata[name] for name in shown if name in metadata},
        "spec": {"replicas": spec["replicas"]} if spec["replicas"] else {},
        "status": status,
    }


def decode(value: Obj, name: str) -> Obj:
    """A Scale as sent for the workload `name`; raises 400 or 422."""
    given = value.get("apiVersion", API_VERSION), value.get("kind", KIND)
    if given != (API_VERSION, KIND):
        raise bad_request(f"expected {API_VERSION} {KIND}, got {' '.join(map(str, given))}")
    try:
        scale: Obj = checked(value, SCHEMA)
    except TypeError as error:
        raise UndecodableError(KIND, "v1", str(error)) from error
    if causes := list(not_negative("spec.replicas", scale.get("spec", {}).get("replicas"))):
        raise invalid_as("autoscaling", KIND, name, causes)
    return scale


def rescaled(workload: Obj, scale: Obj) -> Obj:
    """The workload as a Scale wants it, with the Scale's preconditions on uid and version."""
    asked = scale.get("metadata", {})
    kept = {k: asked[k] for k in ("uid", "resourceVersion") if asked.get(k)}
    metadata = {**workload["metadata"], **kept}
    replicas = scale.get("spec", {}).get("replicas", 0)
    return {**workload, "metadata": metadata, "spec": {**workload["spec"], "replicas": replicas}}
