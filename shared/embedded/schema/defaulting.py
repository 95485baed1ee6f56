"""What the API server fills in: defaults of k8s.io/kubernetes/pkg/apis/*/v1/defaults.go. Pure.

Each function completes an object of one kind in place (the caller owns it); `declarations` says
which is whose. They also add what Go's encoding always shows, such as `status: {}` or a null
lastProbeTime. Filling twice changes nothing.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.service.objects import Obj

_NOT_READY_SECONDS: Final = 300


def pod_template(template: Obj) -> None:
    """A pod's spec as every workload states it."""
    template.setdefault("metadata", {})
    spec = template.setdefault("spec", {})
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if account := spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", account)
    for container in (*spec.get("initContainers", []), *spec.get("containers", [])):
        _container(container)
    for volume in spec.get("volumes", []):
        _volume(volume)


def _container(container: Obj) -> None:
    resources = container.setdefault("resources", {})
    for name, quantity in resources.get("limits", {}).items():
        resources.setdefault("requests", {}).setdefault(name, quantity)
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image", "")))
    for port in container.get("ports", []):
        port.setdefault("protocol", "TCP")
    for variable in container.get("env", []):
        if field := variable.get("valueFrom", {}).get("fieldRef"):
            field.setdefault("apiVersion", "v1")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe := container.get(name):
            _probe(probe)


def _probe(probe: Obj) -> None:
    probe.setdefault("timeoutSeconds", 1)
    probe.setdefault("periodSeconds", 10)
    probe.setdefault("successThreshold", 1)
    probe.setdefault("failureThreshold", 3)
    if (http := probe.get("httpGet")) is not None:
        for name, usual in (("path", "/"), ("scheme", "HTTP")):
            http[name] = http.get(name) or usual


def _volume(volume: Obj) -> None:
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if source in volume:
            volume[source].setdefault("defaultMode", 0o644)
    parts = volume.get("projected", {}).get("sources", [])
    for part in (volume, *parts):
        for item in part.get("downwardAPI", {}).get("items", []):
            if "fieldRef" in item:
                item["fieldRef"].setdefault("apiVersion", "v1")
        if "serviceAccountToken" in part:
            part["serviceAccountToken"].setdefault("expirationSeconds", 3600)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    if len(volume) == 1:
        volume["emptyDir"] = {}


def _pull_policy(image: str) -> str:
    """An untagged or `latest` image is pulled each time (a registry's port is no tag)."""
    _, _, tag = image.rpartition("/")[2].partition(":")
    return "Always" if tag in ("", "latest") and "@" not in image else "IfNotPresent"


def pod(pod: Obj) -> None:
    pod_template(pod)
    spec, status = pod["spec"], pod.setdefault("status", {})
    if spec["terminationGracePeriodSeconds"] < 0:  # of a pod, not of a template
        spec["terminationGracePeriodSeconds"] = 1
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("tolerations", [_toleration("not-ready"), _toleration("unreachable")])
    if status.get("podIP") and status.get("podIPs", [{}])[:1] != [{"ip": status["podIP"]}]:
        status["podIPs"] = [{"ip": status["podIP"]}]
    elif status.get("podIPs"):
        status["podIP"] = status["podIPs"][0].get("ip", "")
    status.setdefault("phase", "Pending")
    status.setdefault("qosClass", _qos(spec))
    for condition in status.get("conditions", []):
        condition.setdefault("lastProbeTime", None)
        condition.setdefault("lastTransitionTime", None)
    for container in status.get("containerStatuses", []):
        for name, empty in (("state", {}), ("lastState", {}), ("image", ""), ("imageID", "")):
            container.setdefault(name, empty)
        container.setdefault("ready", False)
        container.setdefault("restartCount", 0)


def _toleration(condition: str) -> Obj:
    return {
        "key": f"node.kubernetes.io/{condition}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": _NOT_READY_SECONDS,
    }


def _qos(spec: Obj) -> str:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/"""
    resources = [container.get("resources", {}) for container in spec.get("containers", [])]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    guaranteed = all(
        {"cpu", "memory"} <= each.get("limits", {}).keys()
        and each.get("requests", each["limits"]) == each["limits"]
        for each in resources
    )
    return "Guaranteed" if guaranteed else "Burstable"


def deployment(deployment: Obj) -> None:
    spec = deployment.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    pod_template(spec.setdefault("template", {}))
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
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
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)
    if kind != "ExternalName":
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs")):
        spec.setdefault("externalTrafficPolicy", "Cluster")
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
    secret.setdefault("type", "Opaque")


def endpoints(obj: Obj) -> None:
    for subset in obj.get("subsets") or []:
        for port in subset.get("ports") or []:
            port.setdefault("protocol", "TCP")


def endpoint_slice(piece: Obj) -> None:
    piece.setdefault("endpoints", None)
    piece.setdefault("ports", None)
    for endpoint in piece["endpoints"] or []:
        endpoint.setdefault("conditions", {})
    for port in piece["ports"] or []:
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


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
