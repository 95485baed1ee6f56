"""Rules for what a container, or a whole pod, requests and is limited to. Pure.

Source: validateResourceRequirements of k8s.io/kubernetes/pkg/apis/core/validation and the names of
pkg/apis/core/helper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_HUGE: Final = "hugepages-"
_OF_PODS: Final = ("cpu", "memory")
_OF_CONTAINERS: Final = (*_OF_PODS, "ephemeral-storage")
_COUNTED: Final = frozenset(
    [
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    ]
)
_STANDARD: Final = _COUNTED.union(
    _OF_CONTAINERS,
    ("storage", "requests.storage"),
    (f"{part}.{name}" for part in ("requests", "limits") for name in _OF_CONTAINERS),
)
_NO_LIMIT: Final = "Limit must be set for non overcommitable resources"


def of_container(at: str, resources: Obj, claims: set[Any]) -> Iterator[Cause]:
    """claims: the names of the pod's `resourceClaims`."""
    yield from _requirements(at, resources, container_resource)
    yield from _claims(f"{at}.claims", resources.get("claims", []), claims)


def of_pod(at: str, resources: Obj) -> Iterator[Cause]:
    if "claims" in resources:
        why = "claims cannot be set for Resources at pod-level"
        yield checks.forbidden(f"{at}.claims", why)
    yield from _requirements(at, resources, _pod_resource)


def container_resource(at: str, name: str) -> Iterator[Cause]:
    """The name of something a container may ask for."""
    yield from _resource(at, name)
    if "/" not in name:
        if name not in _OF_CONTAINERS and not name.startswith(_HUGE):
            yield checks.invalid(at, name, "must be a standard resource for containers")
    elif not _is_native(name) and not _is_extended(name):
        yield checks.invalid(at, name, "doesn't follow extended resource name standard")


def quantity_of(at: str, name: str, value: Any) -> Iterator[Cause]:
    """So much of the resource `name`: GPUs and the like come whole."""
    yield from checks.quantity(at, value)
    number = checks.amount(value)
    if number is not None and number.denominator != 1 and (name in _COUNTED or _is_extended(name)):
        yield checks.invalid(at, value, "must be an integer")


def _requirements(
    at: str, resources: Obj, named: Callable[[str, str], Iterator[Cause]]
) -> Iterator[Cause]:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for part, given in (("limits", limits), ("requests", requests)):
        for name, value in given.items():
            field = f"{at}.{part}[{name}]"
            yield from named(field, name)
            yield from quantity_of(field, name, value)
            if part == "requests":
                yield from _limited(at, name, value, limits)
            yield from _whole_pages(field, name, value)
    names = limits.keys() | requests.keys()
    if any(name.startswith(_HUGE) for name in names) and not names.intersection(_OF_PODS):
        yield checks.forbidden(at, "HugePages require cpu or memory")


def _limited(at: str, name: str, value: Any, limits: Obj) -> Iterator[Cause]:
    """A request is at most its limit; what cannot be shared has both, and the same."""
    shared = _is_native(name) and not name.startswith(_HUGE)
    if name not in limits:
        if not shared:
            yield checks.required(f"{at}.limits", _NO_LIMIT)
        return
    wanted, most = checks.amount(value), checks.amount(limits[name])
    if wanted is None or most is None:
        return
    if wanted != most and not shared:
        why = f"must be equal to {name} limit of {limits[name]}"
        yield checks.invalid(f"{at}.requests", value, why)
    elif wanted > most:
        why = f"must be less than or equal to {name} limit of {limits[name]}"
        yield checks.invalid(f"{at}.requests", value, why)


def _whole_pages(at: str, name: str, value: Any) -> Iterator[Cause]:
    if not name.startswith(_HUGE):
        return
    size, number = checks.amount(name.removeprefix(_HUGE)), checks.amount(value)
    if number is not None and (not size or number % size):
        yield checks.invalid(at, value, f"{value} is not positive integer multiple of {name}")


def _pod_resource(at: str, name: str) -> Iterator[Cause]:
    faults = list(_resource(at, name))
    yield from faults
    if not faults and name not in _OF_PODS and not name.startswith(_HUGE):
        yield checks.unsupported(at, name, ("cpu", _HUGE, "memory"))


def _resource(at: str, name: str) -> Iterator[Cause]:
    faults = list(checks.qualified_name(at, name))
    yield from faults
    if faults or "/" in name or name in _STANDARD:
        return
    if not name.removeprefix("requests.").startswith(_HUGE):
        yield checks.invalid(at, name, "must be a standard resource type or fully qualified")


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    """Whether a device's name can be counted by a quota, too."""
    if _is_native(name) or name.startswith("requests."):
        return False
    return not any(checks.qualified_name("", f"requests.{name}"))


def _claims(at: str, given: list[Obj], known: set[Any]) -> Iterator[Cause]:
    seen: set[tuple[str, str]] = set()
    for index, claim in enumerate(given):
        name, key = claim.get("name", ""), (claim.get("name", ""), claim.get("request", ""))
        if not name:
            yield checks.required(f"{at}[{index}]")
            continue
        if key in seen or (name, "") in seen:
            yield checks.duplicate(f"{at}[{index}]", name)
        seen.add(key)
        if name not in known:
            yield checks.not_found(f"{at}[{index}]", name)
