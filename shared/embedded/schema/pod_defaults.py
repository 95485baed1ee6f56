"""What the API server fills into pods, and into the templates of workloads. Pure.

Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, and of pods alone the admission plugins
Priority and DefaultTolerationSeconds. Called by `defaulting`; objects are completed in place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.embedded.schema.zero_values import usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.service.objects import Obj

_NOT_READY_SECONDS: Final = 300
_IMAGE: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?P<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
"""A reference as https://github.com/distribution/reference has it."""
_HOLDERS: Final = ("initContainers", "containers", "ephemeralContainers")


def pod_template(template: Obj) -> None:
    """A pod's spec as every workload states it."""
    template.setdefault("metadata", {})
    spec = template.setdefault("spec", {})
    usual(spec, "restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    usual(spec, "dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    usual(spec, "schedulerName", "default-scheduler")
    if account := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in _containers(spec):
        _container(container)
    for volume in spec.get("volumes", []):
        _volume(volume)


def _containers(spec: Obj) -> Iterator[Obj]:
    for holder in _HOLDERS:
        yield from spec.get(holder, [])


def _container(container: Obj) -> None:
    container.setdefault("resources", {})
    usual(container, "terminationMessagePath", "/dev/termination-log")
    usual(container, "terminationMessagePolicy", "File")
    usual(container, "imagePullPolicy", _pull_policy(container.get("image", "")))
    for port in container.get("ports", []):
        usual(port, "protocol", "TCP")
    for variable in container.get("env", []):
        _source(variable.get("valueFrom", {}))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (probe := container.get(name)) is not None:
            _probe(probe)
    for handler in container.get("lifecycle", {}).values():
        if isinstance(handler, dict):
            _http(handler)


def _source(source: Obj) -> None:
    """Where a variable or a file takes its value from."""
    if "fieldRef" in source:
        usual(source["fieldRef"], "apiVersion", "v1")
    if "resourceFieldRef" in source:
        source["resourceFieldRef"].setdefault("divisor", "0")


def _probe(probe: Obj) -> None:
    usual(probe, "timeoutSeconds", 1)
    usual(probe, "periodSeconds", 10)
    usual(probe, "successThreshold", 1)
    usual(probe, "failureThreshold", 3)
    _http(probe)
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _http(handler: Obj) -> None:
    if (http := handler.get("httpGet")) is not None:
        for name, usual in (("path", "/"), ("scheme", "HTTP")):
            http[name] = http.get(name) or usual


def _volume(volume: Obj) -> None:
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if source in volume:
            volume[source].setdefault("defaultMode", 0o644)
    parts = volume.get("projected", {}).get("sources", [])
    for part in (volume, *parts):
        for item in part.get("downwardAPI", {}).get("items", []):
            _source(item)
        if "serviceAccountToken" in part:
            part["serviceAccountToken"].setdefault("expirationSeconds", 3600)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    if claim := volume.get("ephemeral", {}).get("volumeClaimTemplate"):
        claim.setdefault("metadata", {})
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    if len(volume) == 1:
        volume["emptyDir"] = {}


def _pull_policy(image: str) -> str:
    """An untagged or `latest` image is pulled each time (a registry's port is no tag); what is no
    reference at all is left to whoever checks it."""
    match = _IMAGE.fullmatch(image)
    moving = match and (match["tag"] == "latest" or not (match["tag"] or match["digest"]))
    return "Always" if moving else "IfNotPresent"


def pod(pod: Obj) -> None:
    pod_template(pod)
    spec, status = pod["spec"], pod.setdefault("status", {})
    if spec["terminationGracePeriodSeconds"] < 0:  # of a pod, not of a template
        spec["terminationGracePeriodSeconds"] = 1
    for container in _containers(spec):
        _requests(container["resources"])
        if spec.get("hostNetwork"):
            for port in container.get("ports", []):
                port.setdefault("hostPort", port.get("containerPort"))
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    _tolerate(spec)
    status.setdefault("phase", "Pending")
    status.setdefault("qosClass", _qos(spec))
    if status.get("podIP") and status.get("podIPs", [{}])[:1] != [{"ip": status["podIP"]}]:
        status["podIPs"] = [{"ip": status["podIP"]}]
    elif status.get("podIPs"):
        status["podIP"] = status["podIPs"][0].get("ip", "")
    for condition in status.get("conditions", []):
        condition.setdefault("lastProbeTime", None)
        condition.setdefault("lastTransitionTime", None)
    for container in status.get("containerStatuses", []):
        for name, empty in (("state", {}), ("lastState", {}), ("image", ""), ("imageID", "")):
            container.setdefault(name, empty)
        container.setdefault("ready", False)
        container.setdefault("restartCount", 0)


def _requests(resources: Obj) -> None:
    """What is limited is requested, unless that is said; of a pod, not of a template."""
    for name, quantity in resources.get("limits", {}).items():
        resources.setdefault("requests", {}).setdefault(name, quantity)


def _tolerate(spec: Obj) -> None:
    """A pod stays for a while on a node that is lost, unless it says itself what it tolerates."""
    for condition in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{condition}"
        said = any(
            each.get("key", "") in ("", key) and each.get("effect", "") in ("", "NoExecute")
            for each in spec.get("tolerations", [])
        )
        if not said:
            spec["tolerations"] = [*spec.get("tolerations", []), _toleration(key)]


def _toleration(key: str) -> Obj:
    return {
        "key": key,
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
