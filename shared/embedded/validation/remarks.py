"""What is told, as a warning, of an object that is taken but may not be meant so. Pure.

Source: k8s.io/kubernetes/pkg/api/pod/warnings.go and pkg/api/service/warnings.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.service.objects import Obj

_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_UNSELECTIVE: Final = "a null labelSelector results in matching no pod"
_VOLUMES: Final = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_NODE_LABELS: Final = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": (
        'deprecated since v1.17; use "topology.kubernetes.io/region" instead'
    ),
    "failure-domain.beta.kubernetes.io/zone": (
        'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
    ),
    "beta.kubernetes.io/instance-type": (
        'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'
    ),
}
_HINTS: Final = "service.kubernetes.io/topology-aware-hints"
_MODE: Final = "service.kubernetes.io/topology-mode"


def pod(obj: Obj) -> Iterator[str]:
    yield from _spec("spec", obj["spec"])


def workload(obj: Obj) -> Iterator[str]:
    yield from _spec("spec.template.spec", obj["spec"]["template"]["spec"])


def service(obj: Obj) -> Iterator[str]:
    spec = obj["spec"]
    kind, headless = spec["type"], spec.get("clusterIP") == "None"
    if _HINTS in obj["metadata"].get("annotations", {}):
        yield f"annotation {_HINTS} is deprecated, please use {_MODE} instead"
    if headless:
        for name in ("loadBalancerIP", "externalIPs"):
            if spec.get(name):
                yield f"spec.{name} is ignored for headless services"
        if spec["sessionAffinity"] != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    if spec.get("externalIPs"):
        if kind == "ExternalName":
            yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
        elif not headless:
            yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
    if kind != "ExternalName" and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _spec(at: str, spec: Obj) -> Iterator[str]:
    for key in spec.get("nodeSelector", {}):
        if key in _NODE_LABELS:
            yield f"{at}.nodeSelector[{key}]: {_NODE_LABELS[key]}"
    for index, each in enumerate(spec.get("topologySpreadConstraints", [])):
        if "labelSelector" not in each:
            yield f"{at}.topologySpreadConstraints[{index}].labelSelector: {_UNSELECTIVE}"
    for index, volume in enumerate(spec.get("volumes", [])):
        for name in volume.keys() & _VOLUMES.keys():
            yield f"{at}.volumes[{index}].{name}: {_VOLUMES[name]}"
    yield from _repeated(f"{at}.hostAliases", "ip", spec.get("hostAliases", []))
    yield from _repeated(f"{at}.imagePullSecrets", "name", spec.get("imagePullSecrets", []))
    for index, secret in enumerate(spec.get("imagePullSecrets", [])):
        if not secret.get("name"):
            yield f'{at}.imagePullSecrets[{index}].name: invalid empty name ""'
    named = [(f"{at}.{part}[{index}]", container) for part in ("initContainers", "containers")
             for index, container in enumerate(spec.get(part, []))]  # fmt: skip
    for field, container in named:
        yield from _container(field, container)
    yield from _ports(named)
    if spec["terminationGracePeriodSeconds"] < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{at}.terminationGracePeriodSeconds: {why}"
    yield from _affinity(f"{at}.affinity", spec.get("affinity", {}))


def _repeated(at: str, name: str, items: list[Obj]) -> Iterator[str]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        value = item.get(name, "")
        if value in seen:
            yield f"{at}[{index}].{name}: duplicate {name} {checks.shown(value)}"
        seen.add(value)


def _container(at: str, container: Obj) -> Iterator[str]:
    for part in ("limits", "requests"):
        for name in ("memory", "ephemeral-storage"):
            value = container["resources"].get(part, {}).get(name)
            number = None if value is None else checks.amount(value)
            if number is not None and number.denominator != 1:
                why = f"fractional byte value {checks.shown(value)} is invalid, must be an integer"
                yield f"{at}.resources.{part}[{name}]: {why}"
    seen: set[str] = set()
    for index, variable in enumerate(container.get("env", [])):
        name = variable.get("name", "")
        if name in seen and _hides(variable, f"$({name})"):
            why = f"hides previous definition of {checks.shown(name)}"
            yield f"{at}.env[{index}]: {why}, which may be dropped when using apply"
        seen.add(name)


def _hides(variable: Obj, reference: str) -> bool:
    """Whether an earlier variable of its name is lost, and not a part of it."""
    value = variable.get("value", "")
    return "valueFrom" in variable or value == reference or reference not in value


def _ports(containers: list[tuple[str, Obj]]) -> Iterator[str]:
    earlier: dict[tuple[int, str], list[tuple[str, Obj]]] = {}
    for at, container in containers:
        for index, port in enumerate(container.get("ports", [])):
            field = f"{at}.ports[{index}]"
            same = earlier.setdefault((port.get("containerPort", 0), port["protocol"]), [])
            for other, first in same:
                if how := _overlap(port, first):
                    yield f"{field}: {how} port definition with {other}"
            same.append((field, port))


def _overlap(port: Obj, other: Obj) -> str:
    """How two ports of one number and protocol get into each other's way; empty if not."""
    address, host = port.get("hostIP", ""), port.get("hostPort", 0)
    if (address, host) == (other.get("hostIP", ""), other.get("hostPort", 0)):
        return "duplicate"
    if not host or not other.get("hostPort"):
        return "overlapping"
    same = host == other["hostPort"]
    return "dangerously ambiguous" if same and bool(address) != bool(other.get("hostIP")) else ""


def _affinity(at: str, affinity: Obj) -> Iterator[str]:
    for name in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(name, {})
        for index, term in enumerate(terms.get(_REQUIRED, [])):
            if "labelSelector" not in term:
                yield f"{at}.{name}.{_REQUIRED}[{index}].labelSelector: {_UNSELECTIVE}"
        for index, term in enumerate(terms.get(_PREFERRED, [])):
            if "labelSelector" not in term.get("podAffinityTerm", {}):
                field = f"{at}.{name}.{_PREFERRED}[{index}].podAffinityTerm.labelSelector"
                yield f"{field}: {_UNSELECTIVE}"
