"""Kubernetes objects as their JSON says, and Kubernetes' defaults where one is silent. Pure.

For whoever handles objects as JSON: the client, the gateway, the services API and the scaler.
"""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]
"""A Kubernetes object, list, event or Status."""


def wanted_replicas(deployment: Obj) -> int:
    """The replicas a Deployment asks for; one that does not say asks for 1, and 0 is none."""
    replicas = deployment["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)
