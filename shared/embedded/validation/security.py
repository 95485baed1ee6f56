"""Rules for the security contexts of pods and containers. Pure.

Source: ValidateSecurityContext and validatePodSpecSecurityContext of
k8s.io/kubernetes/pkg/apis/core/validation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_PROFILES: Final = ("Localhost", "RuntimeDefault", "Unconfined")
_HIGHEST_ID: Final = 2**31 - 1
_CHANGE_POLICIES: Final = ("Always", "OnRootMismatch")
_GROUP_POLICIES: Final = ("Merge", "Strict")
_SELINUX_POLICIES: Final = ("MountOption", "Recursive")
_PROC_MOUNTS: Final = ("Default", "Unmasked")
_SYSCTL: Final = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_FIELDS: Final = (
    "Capabilities",
    "Privileged",
    "SELinuxOptions",
    "WindowsOptions",
    "RunAsUser",
    "RunAsGroup",
    "RunAsNonRoot",
    "ReadOnlyRootFilesystem",
    "AllowPrivilegeEscalation",
    "ProcMount",
    "SeccompProfile",
    "AppArmorProfile",
)


def of_pod(at: str, context: Obj, pod: Obj) -> Iterator[Cause]:
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        yield from checks.within(f"{at}.{name}", context.get(name), 0, _HIGHEST_ID)
    for index, group in enumerate(context.get("supplementalGroups", [])):
        yield from checks.within(f"{at}.supplementalGroups[{index}]", group, 0, _HIGHEST_ID)
    if pod.get("shareProcessNamespace") and pod.get("hostPID"):
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield checks.invalid(f"{at}.shareProcessNamespace", True, why)
    yield from _sysctls(f"{at}.sysctls", context.get("sysctls", []))
    yield from _choice(at, context, "fsGroupChangePolicy", _CHANGE_POLICIES)
    yield from _seccomp(f"{at}.seccompProfile", context.get("seccompProfile"))
    yield from _app_armor(f"{at}.appArmorProfile", context.get("appArmorProfile"))
    yield from _choice(at, context, "supplementalGroupsPolicy", _GROUP_POLICIES)
    yield from _choice(at, context, "seLinuxChangePolicy", _SELINUX_POLICIES)


def of_container(at: str, context: Obj, *, own_users: bool) -> Iterator[Cause]:
    """own_users: whether the pod has users of its own (`hostUsers: false`)."""
    for name in ("runAsUser", "runAsGroup"):
        yield from checks.within(f"{at}.{name}", context.get(name), 0, _HIGHEST_ID)
    yield from _choice(at, context, "procMount", _PROC_MOUNTS)
    if context.get("procMount") == "Unmasked" and not own_users:
        why = "`hostUsers` must be false to use `Unmasked`"
        yield checks.invalid(f"{at}.procMount", "Unmasked", why)
    yield from _seccomp(f"{at}.seccompProfile", context.get("seccompProfile"))
    if context.get("allowPrivilegeEscalation") is False:
        yield from _escalation(at, context)
    yield from _app_armor(f"{at}.appArmorProfile", context.get("appArmorProfile"))


def _escalation(at: str, context: Obj) -> Iterator[Cause]:
    shown = checks.struct(context, _FIELDS)
    shown["SELinuxOptions"] = context.get("seLinuxOptions")
    if capabilities := context.get("capabilities"):
        shown["Capabilities"] = checks.struct(capabilities, ("Add", "Drop"))
    if context.get("privileged"):
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        yield checks.invalid(at, shown, why)
    if "CAP_SYS_ADMIN" in context.get("capabilities", {}).get("add", []):
        why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        yield checks.invalid(at, shown, why)


def _choice(at: str, context: Obj, name: str, choices: tuple[str, ...]) -> Iterator[Cause]:
    if name in context and context[name] not in choices:
        yield checks.unsupported(f"{at}.{name}", context[name], choices)


def _seccomp(at: str, profile: Obj | None) -> Iterator[Cause]:
    if profile is None:
        return
    kind, own = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        yield checks.required(f"{at}.type", "type is required when seccompProfile is set")
    elif kind not in _PROFILES:
        yield checks.unsupported(f"{at}.type", kind, _PROFILES)
    if kind != "Localhost":
        if own is not None:
            why = "can only be set when seccomp type is Localhost"
            shown = checks.struct(profile, ("Type", "LocalhostProfile"))
            yield checks.invalid(f"{at}.localhostProfile", shown, why)
    elif own is None:
        why = "must be set when seccomp type is Localhost"
        yield checks.required(f"{at}.localhostProfile", why)
    else:
        yield from checks.relative_path(f"{at}.localhostProfile", own)


def _app_armor(at: str, profile: Obj | None) -> Iterator[Cause]:
    if profile is None:
        return
    kind, own = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        yield checks.required(f"{at}.type", "type is required when appArmorProfile is set")
    elif kind not in _PROFILES:
        yield checks.unsupported(f"{at}.type", kind, _PROFILES)
    elif kind != "Localhost":
        if own is not None:
            why = "can only be set when AppArmor type is Localhost"
            yield checks.invalid(f"{at}.localhostProfile", own, why)
    elif not own:
        why = "must be set when AppArmor type is Localhost"
        yield checks.required(f"{at}.localhostProfile", why)
    elif own != own.strip():
        yield checks.invalid(f"{at}.localhostProfile", own, "must not be padded with whitespace")


def _sysctls(at: str, given: list[Obj]) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, each in enumerate(given):
        name, field = each.get("name", ""), f"{at}[{index}].name"
        if not name:
            yield checks.required(field)
        elif len(name) > 253 or not re.fullmatch(_SYSCTL, name):
            why = f"must have at most 253 characters and match regex ^{_SYSCTL}$"
            yield checks.invalid(field, name, why)
        elif name in seen:
            yield checks.duplicate(field, name)
        seen.add(name)
