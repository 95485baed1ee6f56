"""The Pod Security Standards as far as the pods of services can meet or miss them.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/. Each rule answers
whether a pod spec keeps it; a field that is not set counts as the standards say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Spec = dict[str, Any]

ADDABLE = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}
VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"),
    *("projected", "secret"),
}


def _contexts(spec: Spec) -> Iterator[Spec]:
    for container in spec["containers"]:
        yield container.get("securityContext", {})


def _setting(spec: Spec, context: Spec, name: str) -> Any:
    """What holds for a container: its own word, else the pod's."""
    return context.get(name, spec.get("securityContext", {}).get(name))


def _capabilities(context: Spec, change: str) -> set[str]:
    return set(context.get("capabilities", {}).get(change, []))


BASELINE: dict[str, Callable[[Spec], bool]] = {
    "host namespaces": lambda spec: (
        not any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
    ),
    "privileged": lambda spec: not any(one.get("privileged") for one in _contexts(spec)),
    "capabilities": lambda spec: all(
        _capabilities(one, "add") <= ADDABLE for one in _contexts(spec)
    ),
    "hostPath": lambda spec: not any("hostPath" in volume for volume in spec.get("volumes", [])),
    "host ports": lambda spec: (
        not any(port.get("hostPort") for one in spec["containers"] for port in one.get("ports", []))
    ),
    "proc mount": lambda spec: all(
        one.get("procMount", "Default") == "Default" for one in _contexts(spec)
    ),
    "seccomp": lambda spec: all(
        (_setting(spec, one, "seccompProfile") or {}).get("type") != "Unconfined"
        for one in _contexts(spec)
    ),
    "sysctls": lambda spec: not spec.get("securityContext", {}).get("sysctls"),
}
RESTRICTED: dict[str, Callable[[Spec], bool]] = BASELINE | {
    "volume types": lambda spec: all(
        volume.keys() - {"name"} <= VOLUMES for volume in spec.get("volumes", [])
    ),
    "privilege escalation": lambda spec: all(
        one.get("allowPrivilegeEscalation") is False for one in _contexts(spec)
    ),
    "non-root": lambda spec: all(
        _setting(spec, one, "runAsNonRoot") is True for one in _contexts(spec)
    ),
    "non-root user": lambda spec: all(
        _setting(spec, one, "runAsUser") != 0 for one in _contexts(spec)
    ),
    "seccomp": lambda spec: all(
        (_setting(spec, one, "seccompProfile") or {}).get("type") in ("RuntimeDefault", "Localhost")
        for one in _contexts(spec)
    ),
    "capabilities": lambda spec: all(
        "ALL" in _capabilities(one, "drop") and _capabilities(one, "add") <= {"NET_BIND_SERVICE"}
        for one in _contexts(spec)
    ),
}


def missed(profile: dict[str, Callable[[Spec], bool]], spec: Spec) -> set[str]:
    """The rules of the profile that the pod does not keep."""
    return {name for name, keeps in profile.items() if not keeps(spec)}
