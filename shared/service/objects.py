"""Kubernetes objects as their JSON says, and Kubernetes' defaults where one is silent. Pure.

For whoever handles objects as JSON: the client, the gateway, the services API and the scaler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Obj = dict[str, Any]
"""A Kubernetes object, list, event or Status."""


def wanted_replicas(deployment: Obj) -> int:
    """The replicas a Deployment asks for; one that does not say asks for 1, and 0 is none."""
    replicas = deployment["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def annotations_of(obj: Obj | None) -> Mapping[str, str]:
    """The annotations of an object; none of no object."""
    return ((obj or {}).get("metadata") or {}).get("annotations") or {}


def labels_of(obj: Obj | None) -> Mapping[str, str]:
    """The labels of an object; none of no object."""
    return ((obj or {}).get("metadata") or {}).get("labels") or {}


def annotated_number(obj: Obj | None, name: str) -> int | None:
    """The whole number that an annotation states in digits; None if it states none."""
    text = annotations_of(obj).get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None
