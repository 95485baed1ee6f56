"""Rules for the containers of a pod (k8s.io/kubernetes/pkg/apis/core/validation). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import checks, environment, probes, resources, security

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_MESSAGE_POLICIES: Final = ("File", "FallbackToLogsOnError")
_PROPAGATIONS: Final = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE: Final = ("Disabled", "Enabled", "IfPossible")
_ONLY_SIDECARS: Final = "may not be set for init containers without restartPolicy=Always"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What containers need to know of their pod: its sound volumes by name, the names of its
    resource claims, its seconds of grace, whether it has users of its own.
    """

    volumes: dict[Any, Obj]
    claims: set[Any]
    grace: int
    own_users: bool


def containers(at: str, pod: Obj, around: Surroundings) -> Iterator[Cause]:
    """All containers of a pod spec at the path `at`."""
    regular = pod.get("containers", [])
    if not regular:
        yield checks.required(f"{at}.containers")
    names: set[Any] = set()
    for index, container in enumerate(regular):
        field = f"{at}.containers[{index}]"
        yield from _common(field, container, around)
        yield from _new_name(field, container, names)
        yield from probes.lifecycle(
            f"{field}.lifecycle", container.get("lifecycle", {}), around.grace
        )
        yield from probes.probes(field, container, around.grace)
        if "restartPolicy" in container and not container.get("restartPolicyRules"):
            yield from checks.one_of(
                f"{field}.restartPolicy",
                container["restartPolicy"],
                ("Always", "Never", "OnFailure"),
            )
    yield from _host_ports(f"{at}.containers", regular)
    for index, container in enumerate(pod.get("initContainers", [])):
        field = f"{at}.initContainers[{index}]"
        yield from _common(field, container, around)
        yield from _new_name(field, container, names)
        yield from _host_ports(f"{at}.initContainers", [container])
        yield from _initial(field, container, around)


def _initial(at: str, container: Obj, around: Surroundings) -> Iterator[Cause]:
    """What only sidecars have, which go on running."""
    policy = container.get("restartPolicy")
    if policy == "Always":
        yield from probes.lifecycle(f"{at}.lifecycle", container.get("lifecycle", {}), around.grace)
        yield from probes.probes(at, container, around.grace)
        return
    if policy is not None:
        choices = ("Always", "Never", "OnFailure")
        yield from checks.one_of(f"{at}.restartPolicy", policy, choices)
    for name in ("lifecycle", *probes.NAMES):
        if name in container:
            yield checks.forbidden(f"{at}.{name}", _ONLY_SIDECARS)


def _new_name(at: str, container: Obj, names: set[Any]) -> Iterator[Cause]:
    name = container.get("name")
    if name in names:
        yield checks.duplicate(f"{at}.name", name)
    elif name:
        names.add(name)


def _common(at: str, container: Obj, around: Surroundings) -> Iterator[Cause]:
    if not container.get("name"):
        yield checks.required(f"{at}.name")
    else:
        yield from checks.label(f"{at}.name", container["name"])
    if not container.get("image"):
        yield checks.required(f"{at}.image")
    policy = container.get("terminationMessagePolicy", "File")
    yield from checks.one_of(f"{at}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    yield from _ports(f"{at}.ports", container.get("ports", []))
    yield from environment.variables(f"{at}.env", container.get("env", []))
    yield from environment.sources(f"{at}.envFrom", container.get("envFrom", []))
    yield from _mounts(f"{at}.volumeMounts", container, around.volumes)
    yield from _devices(f"{at}.volumeDevices", container, around.volumes)
    yield from checks.one_of(f"{at}.imagePullPolicy", container["imagePullPolicy"], _PULL_POLICIES)
    yield from resources.of_container(f"{at}.resources", container["resources"], around.claims)
    if "securityContext" in container:
        context = container["securityContext"]
        yield from security.of_container(
            f"{at}.securityContext", context, own_users=around.own_users
        )


def _ports(at: str, ports: list[Obj]) -> Iterator[Cause]:
    names: set[str] = set()
    for index, port in enumerate(ports):
        field, name = f"{at}[{index}]", port.get("name", "")
        faults = list(checks.port_name(f"{field}.name", name)) if name else []
        yield from faults
        if name and not faults:
            if name in names:
                yield checks.duplicate(f"{field}.name", name)
            names.add(name)
        if not port.get("containerPort"):
            yield checks.required(f"{field}.containerPort")
        else:
            yield from checks.port(f"{field}.containerPort", port["containerPort"])
        if port.get("hostPort"):
            yield from checks.port(f"{field}.hostPort", port["hostPort"])
        yield from checks.one_of(f"{field}.protocol", port["protocol"], _PROTOCOLS)


def _host_ports(at: str, given: list[Obj]) -> Iterator[Cause]:
    """No two of them ask for the same port of the node."""
    seen: set[str] = set()
    for place, container in enumerate(given):
        for index, port in enumerate(container.get("ports", [])):
            if not port.get("hostPort"):
                continue
            key = f"{port['protocol']}/{port.get('hostIP', '')}/{port['hostPort']}"
            if key in seen:
                yield checks.duplicate(f"{at}[{place}].ports[{index}].hostPort", key)
            seen.add(key)


def _mounts(at: str, container: Obj, volumes: dict[Any, Obj]) -> Iterator[Cause]:
    devices = container.get("volumeDevices", [])
    paths: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts", [])):
        field = f"{at}[{index}]"
        name, path = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield checks.required(f"{field}.name")
        if name not in volumes:
            yield checks.not_found(f"{field}.name", name)
        if not path:
            yield checks.required(f"{field}.mountPath")
        if path in paths:
            yield checks.invalid(f"{field}.mountPath", path, "must be unique")
        paths.add(path)
        if any(each.get("name") == name for each in devices):
            yield checks.invalid(f"{field}.name", name, "must not already exist in volumeDevices")
        if any(each.get("devicePath") == path for each in devices):
            why = "must not already exist as a path in volumeDevices"
            yield checks.invalid(f"{field}.mountPath", path, why)
        yield from _part(at, field, mount)
        yield from _manner(at, mount, container)


def _part(at: str, field: str, mount: Obj) -> Iterator[Cause]:
    """Which part of the volume; Kubernetes names the list here, and not its item."""
    yield from checks.relative_path(f"{at}.subPath", mount.get("subPath", ""))
    expression = mount.get("subPathExpr", "")
    if expression and mount.get("subPath"):
        why = "subPathExpr and subPath are mutually exclusive"
        yield checks.invalid(f"{field}.subPathExpr", expression, why)
    yield from checks.relative_path(f"{at}.subPathExpr", expression)


def _manner(at: str, mount: Obj, container: Obj) -> Iterator[Cause]:
    """How it is mounted; the list is named here, too."""
    shared, recursive = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
    if shared is not None:
        if shared not in _PROPAGATIONS:
            yield checks.unsupported(f"{at}.mountPropagation", shared, _PROPAGATIONS)
        privileged = container.get("securityContext", {}).get("privileged")
        if shared == "Bidirectional" and not privileged:
            why = "Bidirectional mount propagation is available only to privileged containers"
            yield checks.forbidden(f"{at}.mountPropagation", why)
    if recursive is None or recursive == "Disabled":
        return
    field = f"{at}.recursiveReadOnly"
    if recursive not in _RECURSIVE:
        yield checks.unsupported(field, recursive, _RECURSIVE)
        return
    if not mount.get("readOnly"):
        yield checks.forbidden(field, "may only be specified when readOnly is true")
    if shared not in (None, "None"):
        why = "may only be specified when mountPropagation is None or not specified"
        yield checks.forbidden(field, why)


def _devices(at: str, container: Obj, volumes: dict[Any, Obj]) -> Iterator[Cause]:
    names: set[str] = set()
    paths: set[str] = set()
    for index, device in enumerate(container.get("volumeDevices", [])):
        field = f"{at}[{index}]"
        name, path = device.get("name", ""), device.get("devicePath", "")
        if not name:
            yield checks.required(f"{field}.name")
        if name in names:
            yield checks.invalid(f"{field}.name", name, "must be unique")
        volume = volumes.get(name)
        if volume is None:
            yield checks.not_found(f"{field}.name", name)
        elif not {"persistentVolumeClaim", "ephemeral"} & volume.keys():
            why = (
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block "
                "mode"
            )
            yield checks.invalid(f"{field}.name", name, why)
        if not path:
            yield checks.required(f"{field}.devicePath")
        if path in paths:
            yield checks.invalid(f"{field}.devicePath", path, "must be unique")
        if ".." in path.split("/"):
            yield checks.invalid(f"{field}.devicePath", path, "can not contain backsteps ('..')")
        names.add(name)
        paths.add(path)
