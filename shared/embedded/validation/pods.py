"""Rules for pods and pod templates (k8s.io/kubernetes/pkg/apis/core/validation). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_RESTART_POLICIES: Final = ("Always", "OnFailure", "Never")
_PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_NAMED_BY: Final = (
    ("configMap", "name"),
    ("secret", "secretName"),
    ("persistentVolumeClaim", "claimName"),
)
_PROFILES: Final = ("Localhost", "RuntimeDefault", "Unconfined")
_ENV_NAME: Final = re.compile(r"[ -<>-~]+")
_MUTABLE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def check(pod: Obj) -> Iterator[Cause]:
    yield from spec("spec", pod["spec"])


def successor(old: Obj, new: Obj) -> Iterator[Cause]:
    if _fixed(old["spec"]) != _fixed(new["spec"]):
        yield checks.forbidden("spec", _MUTABLE)


def spec(at: str, pod: Obj) -> Iterator[Cause]:
    """A pod spec at the field path `at`."""
    yield from checks.one_of(f"{at}.restartPolicy", pod["restartPolicy"], _RESTART_POLICIES)
    yield from checks.not_negative(
        f"{at}.terminationGracePeriodSeconds", pod["terminationGracePeriodSeconds"]
    )
    yield from _profile(f"{at}.securityContext", pod["securityContext"])
    volumes = pod.get("volumes", [])
    yield from _volumes(f"{at}.volumes", volumes)
    containers = pod.get("containers", [])
    if not containers:
        yield checks.required(f"{at}.containers")
    known = {volume.get("name") for volume in volumes}
    for field in ("containers", "initContainers"):
        items = pod.get(field, [])
        yield from checks.unique(f"{at}.{field}", "name", items)
        for index, container in enumerate(items):
            yield from _container(f"{at}.{field}[{index}]", container, known)


def _container(at: str, container: Obj, volumes: set[Any]) -> Iterator[Cause]:
    name = container.get("name", "")
    if not name:
        yield checks.required(f"{at}.name")
    else:
        yield from checks.label(f"{at}.name", name)
    if not container.get("image"):
        yield checks.required(f"{at}.image")
    yield from checks.one_of(f"{at}.imagePullPolicy", container["imagePullPolicy"], _PULL_POLICIES)
    yield from _ports(f"{at}.ports", container.get("ports", []))
    for index, variable in enumerate(container.get("env", [])):
        yield from _variable(f"{at}.env[{index}]", variable)
    for index, mount in enumerate(container.get("volumeMounts", [])):
        yield from _mount(f"{at}.volumeMounts[{index}]", mount, volumes)
    yield from _resources(f"{at}.resources", container["resources"])
    yield from _security(f"{at}.securityContext", container.get("securityContext", {}))
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if field in container:
            yield from _probe(f"{at}.{field}", container[field])


def _ports(at: str, ports: list[Obj]) -> Iterator[Cause]:
    yield from checks.unique(at, "name", ports)
    for index, port in enumerate(ports):
        if "containerPort" not in port:
            yield checks.required(f"{at}[{index}].containerPort")
        else:
            yield from checks.port(f"{at}[{index}].containerPort", port["containerPort"])
        yield from checks.one_of(f"{at}[{index}].protocol", port["protocol"], _PROTOCOLS)


def _variable(at: str, variable: Obj) -> Iterator[Cause]:
    name = variable.get("name", "")
    if not name:
        yield checks.required(f"{at}.name")
    elif not _ENV_NAME.fullmatch(name):
        why = "a valid environment variable name must consist only of printable ASCII "
        yield checks.invalid(f"{at}.name", name, f"{why}characters other than '='")
    if variable.get("value") and "valueFrom" in variable:
        why = "may not be specified when `value` is not empty"
        yield checks.invalid(f"{at}.valueFrom", "", why)
    if variable.get("valueFrom") == {}:
        why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
        yield checks.invalid(f"{at}.valueFrom", "", f"{why}`secretKeyRef`")


def _volumes(at: str, volumes: list[Obj]) -> Iterator[Cause]:
    yield from checks.unique(at, "name", volumes)
    for index, volume in enumerate(volumes):
        if not volume.get("name"):
            yield checks.required(f"{at}[{index}].name")
        else:
            yield from checks.label(f"{at}[{index}].name", volume["name"])
        for source, name in _NAMED_BY:
            if source in volume and not volume[source].get(name):
                yield checks.required(f"{at}[{index}].{source}.{name}")


def _mount(at: str, mount: Obj, volumes: set[Any]) -> Iterator[Cause]:
    if not mount.get("name"):
        yield checks.required(f"{at}.name")
    elif mount["name"] not in volumes:
        yield checks.not_found(f"{at}.name", mount["name"])
    if not mount.get("mountPath"):
        yield checks.required(f"{at}.mountPath")
    path = mount.get("subPath", "")
    if path.startswith("/"):
        yield checks.invalid(f"{at}.subPath", path, "must be a relative path")
    elif ".." in path.split("/"):
        yield checks.invalid(f"{at}.subPath", path, "must not contain '..'")


def _resources(at: str, resources: Obj) -> Iterator[Cause]:
    for part in ("limits", "requests"):
        for name, value in resources.get(part, {}).items():
            yield from checks.quantity(f"{at}.{part}[{name}]", value)


def _security(at: str, context: Obj) -> Iterator[Cause]:
    yield from _profile(at, context)
    yield from checks.not_negative(f"{at}.runAsUser", context.get("runAsUser"))
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            yield checks.invalid(at, context, why)
        if "CAP_SYS_ADMIN" in context.get("capabilities", {}).get("add", []):
            why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` "
            yield checks.invalid(at, context, f"{why}CAP_SYS_ADMIN")


def _profile(at: str, context: Obj) -> Iterator[Cause]:
    profile = context.get("seccompProfile")
    if profile is None:
        return
    yield from checks.one_of(f"{at}.seccompProfile.type", profile.get("type"), _PROFILES)
    if profile.get("type") == "Localhost" and not profile.get("localhostProfile"):
        why = "must be set when seccomp type is Localhost"
        yield checks.required(f"{at}.seccompProfile.localhostProfile", why)


def _probe(at: str, probe: Obj) -> Iterator[Cause]:
    handlers = [name for name in ("httpGet", "tcpSocket", "exec", "grpc") if name in probe]
    if not handlers:
        yield checks.required(at, "must specify a handler type")
    elif len(handlers) > 1:
        field = f"{at}.{handlers[1]}"
        yield checks.forbidden(field, "may not specify more than 1 handler type")
    for name in ("httpGet", "tcpSocket"):
        if name in probe:
            yield from checks.port_or_name(f"{at}.{name}.port", probe[name].get("port"))
    if "exec" in probe and not probe["exec"].get("command"):
        yield checks.required(f"{at}.exec.command")
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"):
        yield from checks.not_negative(f"{at}.{name}", probe.get(name))


def _fixed(pod: Obj) -> Obj:
    """The part of a pod's spec that never changes."""
    rest = {
        key: value
        for key, value in pod.items()
        if key not in ("activeDeadlineSeconds", "tolerations")
    }
    for field in ("containers", "initContainers"):
        rest[field] = [{**each, "image": ""} for each in pod.get(field, [])]
    return rest
