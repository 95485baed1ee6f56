"""What the API server fills in: defaults of k8s.io/kubernetes/pkg/apis/*/v1/defaults.go. Pure.

Each function completes an object of one kind in place (the caller owns it); `declarations` says
which is whose. They also add what Go's encoding always shows, such as `status: {}` or a null
lastProbeTime. Filling twice changes nothing.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from shared.embedded.schema.pod_defaults import pod_template
from shared.embedded.schema.zero_values import usual

if TYPE_CHECKING:
    from shared.service.objects import Obj

_STICKY_SECONDS: Final = 10_800


def deployment(deployment: Obj) -> None:
    spec = deployment.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    pod_template(spec.setdefault("template", {}))
    strategy = spec.setdefault("strategy", {})
    if usual(strategy, "type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    deployment.setdefault("status", {})


def replica_set(replica_set: Obj) -> None:
    spec = replica_set.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    pod_template(spec.setdefault("template", {}))
    replica_set.setdefault("status", {}).setdefault("replicas", 0)


def service(service: Obj) -> None:
    spec = service.setdefault("spec", {})
    kind = usual(spec, "type", "ClusterIP")
    usual(spec, "sessionAffinity", "None")
    for port in spec.get("ports", []):
        usual(port, "protocol", "TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)
    if kind != "ExternalName":
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs")):
        usual(spec, "externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["sessionAffinity"] == "ClientIP":
        affinity = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        affinity.setdefault("timeoutSeconds", _STICKY_SECONDS)
    service.setdefault("status", {}).setdefault("loadBalancer", {})


def namespace(namespace: Obj) -> None:
    namespace.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    namespace.setdefault("status", {}).setdefault("phase", "Active")
    metadata = namespace["metadata"]
    if name := metadata.get("name"):
        metadata.setdefault("labels", {}).setdefault("kubernetes.io/metadata.name", name)


def secret(secret: Obj) -> None:
    """`stringData` is for writing only: it becomes base64 `data`."""
    for key, text in secret.pop("stringData", {}).items():
        encoded = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
        secret.setdefault("data", {})[key] = encoded
    usual(secret, "type", "Opaque")


def endpoints(obj: Obj) -> None:
    for subset in obj.get("subsets") or []:
        for port in subset.get("ports") or []:
            usual(port, "protocol", "TCP")


def endpoint_slice(piece: Obj) -> None:
    piece.setdefault("endpoints", None)
    piece.setdefault("ports", None)
    for endpoint in piece["endpoints"] or []:
        endpoint.setdefault("conditions", {})
    for port in piece["ports"] or []:
        port.setdefault("name", "")
        usual(port, "protocol", "TCP")


def event(event: Obj) -> None:
    event.setdefault("involvedObject", {})
    event.setdefault("source", {})
    for name in ("firstTimestamp", "lastTimestamp", "eventTime"):
        event.setdefault(name, None)
    event.setdefault("reportingComponent", event["source"].get("component", ""))
    event.setdefault("reportingInstance", "")


def autoscaler(autoscaler: Obj) -> None:
    spec = autoscaler.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    target = {"type": "Utilization", "averageUtilization": 80}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    spec.setdefault("metrics", [cpu])
    status = autoscaler.setdefault("status", {})
    status.setdefault("desiredReplicas", 0)
    status.setdefault("currentMetrics", None)


def claim(claim: Obj) -> None:
    claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    claim.setdefault("status", {}).setdefault("phase", "Pending")


def persistent_volume(volume: Obj) -> None:
    spec = volume.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    volume.setdefault("status", {}).setdefault("phase", "Pending")


def storage_class(storage: Obj) -> None:
    storage.setdefault("reclaimPolicy", "Delete")
    storage.setdefault("volumeBindingMode", "Immediate")


def network_policy(policy: Obj) -> None:
    spec = policy.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    spec.setdefault("policyTypes", ["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for rule in (*spec.get("ingress", []), *spec.get("egress", [])):
        for port in rule.get("ports", []):
            usual(port, "protocol", "TCP")


def role(role: Obj) -> None:
    role.setdefault("rules", None)


def binding(binding: Obj) -> None:
    group = "rbac.authorization.k8s.io"
    if reference := binding.get("roleRef"):
        reference.setdefault("apiGroup", group)
    for subject in binding.get("subjects", []):
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", group)


def nothing(_: Obj) -> None:
    """For kinds that have no defaults."""


def empty_spec(obj: Obj) -> None:
    """For kinds that always show a spec, be it empty."""
    obj.setdefault("spec", {})


def empty_spec_and_status(obj: Obj) -> None:
    """For kinds that always show a spec and a status, be they empty."""
    obj.setdefault("spec", {})
    obj.setdefault("status", {})


def ingress(obj: Obj) -> None:
    obj.setdefault("spec", {})
    obj.setdefault("status", {}).setdefault("loadBalancer", {})
