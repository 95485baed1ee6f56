"""Cluster objects of a service, as an API server answers them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scaler.cluster.catalog import Caches
from shared.service import names
from shared.service.objects import Obj

NOW = 1_800_000_000.0


def stamp(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata(name: str, kind: str, version: int = 1, owner: str = "", **more: Any) -> Obj:
    data = {"name": name, "namespace": names.NAMESPACE, "uid": f"{kind}-{name}"}
    data["resourceVersion"] = str(version)
    if owner:
        more["ownerReferences"] = [{"uid": owner, "controller": True}]
    return data | more


def configmap(name: str, version: int = 1, stopped: bool = False, **expose: Any) -> Obj:
    fields = "".join(f"\n  {key}: {value}" for key, value in expose.items())
    text = f"name: {name}\nimage: none\nexpose:\n  api_port: 80{fields}\n"
    annotations = {names.STOPPED: "true"} if stopped else {}
    return {
        "metadata": metadata(
            name, "cm", version, annotations=annotations, labels={names.SERVICE_LABEL: name}
        ),
        "data": {names.DEFINITION_KEY: text},
    }


def deployment(
    name: str, replicas: int, version: int = 1, annotations: dict[str, str] | None = None
) -> Obj:
    return {
        "metadata": metadata(names.deployment(name), "d", version, annotations=annotations or {}),
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "updatedReplicas": replicas},
    }


def replicaset(name: str) -> Obj:
    full = names.deployment(name)
    return {"metadata": metadata(f"{full}-1", "rs", owner=f"d-{full}")}


def pod(
    service: str,
    index: int,
    *,
    version: int = 1,
    age: float = 3600.0,
    ready: str = "True",
    phase: str = "Running",
    annotations: dict[str, str] | None = None,
) -> Obj:
    full = names.deployment(service)
    began = stamp(NOW - age)
    return {
        "metadata": metadata(
            f"{full}-1-{index}", "p", version, f"rs-{full}-1", annotations=annotations or {}
        ),
        "spec": {
            "nodeName": "n1",
            "containers": [
                {
                    "name": "main",
                    "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}},
                }
            ],
        },
        "status": {
            "phase": phase,
            "startTime": began,
            "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": began}],
        },
    }


def hpa(name: str, target: str) -> Obj:
    return {
        "metadata": metadata(name, "hpa"),
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": target}},
    }


def node(name: str = "n1", cpu: str = "4") -> Obj:
    return {"metadata": {"name": name, "uid": name}, "status": {"capacity": {"cpu": cpu}}}


def pod_metrics(service: str, index: int, cpu: str, time: float = NOW) -> Obj:
    return {
        "metadata": {"name": f"{names.deployment(service)}-1-{index}"},
        "timestamp": stamp(time),
        "window": "15s",
        "containers": [{"name": "main", "usage": {"cpu": cpu, "memory": "10Mi"}}],
    }


def keyed(*objects: Obj) -> dict[tuple[str, str], Obj]:
    return {(o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in objects}


def service(name: str, pods: int, **expose: Any) -> Caches:
    """Everything of one service with so many ready pods."""
    return Caches(
        configmaps=keyed(configmap(name, **expose)),
        deployments=keyed(deployment(name, pods)),
        replicasets=keyed(replicaset(name)),
        pods=keyed(*(pod(name, index) for index in range(pods))),
        hpas={},
        nodes=keyed(node()),
    )


def together(*caches: Caches) -> Caches:
    """Several services in one cluster."""
    fields = ("configmaps", "deployments", "replicasets", "pods", "hpas", "nodes")
    merged: dict[str, dict[tuple[str, str], Obj]] = {field: {} for field in fields}
    for each in caches:
        for field in fields:
            merged[field].update(getattr(each, field))
    return Caches(**merged)
