"""Rules for claims, volumes and storage classes (k8s.io/kubernetes/pkg/apis/core/validation,
pkg/apis/storage/validation). Pure.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import checks
from shared.embedded.validation.label_selectors import label_selector
from shared.embedded.validation.scheduling import node_selector
from shared.service.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_ONE_POD: Final = "ReadWriteOncePod"
_ACCESS: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", _ONE_POD)
_VOLUME_MODES: Final = ("Block", "Filesystem")
_RECLAIM: Final = ("Delete", "Recycle", "Retain")
_NEEDED: Final = {
    "csi": ("driver", "volumeHandle"),
    "hostPath": ("path",),
    "local": ("path",),
    "nfs": ("server", "path"),
}
"""What some sources are nothing without."""

_BINDING: Final = ("Immediate", "WaitForFirstConsumer")
_SIZE: Final = "spec.resources.requests.storage"
_FIXED: Final = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for "
    "bound claims"
)
_ONCE: Final = ("storageClassName", "volumeName")
"""What a claim is given after its creation, and keeps."""


def claim(obj: Obj) -> Iterator[Cause]:
    yield from claim_spec("spec", obj["spec"])


def claim_spec(at: str, spec: Obj) -> Iterator[Cause]:
    """What is asked for, by a claim or by a pod's template of one."""
    yield from label_selector(f"{at}.selector", spec.get("selector"))
    yield from _access(f"{at}.accessModes", spec.get("accessModes", []))
    size = _size(spec)
    if size is None:
        yield checks.required(f"{at}.resources[storage]")
    else:
        yield from _positive(f"{at}.resources[storage]", size)
    if spec.get("storageClassName"):
        yield from checks.subdomain(f"{at}.storageClassName", spec["storageClassName"])
    if "volumeMode" in spec:
        yield from checks.one_of(f"{at}.volumeMode", spec["volumeMode"], _VOLUME_MODES)


def claim_successor(old: Obj, new: Obj) -> Iterator[Cause]:
    """A claim may grow once it is bound, and nothing else."""
    before, after = old["spec"], new["spec"]
    if _rest(before, after) != _rest(after, after):
        yield checks.forbidden("spec", _FIXED)
    was, wanted = _bytes(before), _bytes(after)
    if wanted is None or was is None or wanted == was:
        return
    if old.get("status", {}).get("phase") != "Bound":
        yield checks.forbidden("spec", _FIXED)
    elif wanted < was:
        yield checks.forbidden(_SIZE, "field can not be less than status.capacity")


def volume(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from _access("spec.accessModes", spec.get("accessModes", []))
    capacity = spec.get("capacity", {})
    if not capacity:
        yield checks.required("spec.capacity")
    elif capacity.keys() != {"storage"}:
        yield checks.unsupported("spec.capacity", capacity, ("storage",))
    for name, size in capacity.items():
        yield from _positive(f"spec.capacity[{name}]", size)
    policy = spec["persistentVolumeReclaimPolicy"]
    yield from checks.one_of("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM)
    if "nodeAffinity" in spec:
        yield from _reach("spec.nodeAffinity", spec["nodeAffinity"])
    yield from _source(spec)
    if spec.get("storageClassName"):
        yield from checks.subdomain("spec.storageClassName", spec["storageClassName"])
    if "volumeMode" in spec:
        yield from checks.one_of("spec.volumeMode", spec["volumeMode"], _VOLUME_MODES)


def same_source(old: Obj, new: Obj) -> Iterator[Cause]:
    if _sources(old["spec"]) != _sources(new["spec"]):
        why = "spec.persistentvolumesource is immutable after creation"
        yield checks.forbidden("spec.persistentvolumesource", why)


def storage_class(obj: Obj) -> Iterator[Cause]:
    if not obj.get("provisioner"):
        yield checks.required("provisioner")
    else:
        yield from checks.qualified_name("provisioner", obj["provisioner"])
    yield from checks.one_of("reclaimPolicy", obj["reclaimPolicy"], ("Delete", "Retain"))
    yield from checks.one_of("volumeBindingMode", obj["volumeBindingMode"], _BINDING)


def same_class(old: Obj, new: Obj) -> Iterator[Cause]:
    for field in ("parameters", "provisioner", "reclaimPolicy"):
        if old.get(field) != new.get(field):
            yield checks.forbidden(field, f"updates to {field} are forbidden.")
    if old["volumeBindingMode"] != new["volumeBindingMode"]:
        yield checks.immutable("volumeBindingMode", new["volumeBindingMode"])


def _access(at: str, modes: list[Any]) -> Iterator[Cause]:
    if not modes:
        yield checks.required(at, "at least 1 access mode is required")
    for mode in modes:
        yield from checks.one_of(at, mode, _ACCESS)
    if _ONE_POD in modes and len(modes) > 1:
        why = "may not use ReadWriteOncePod with other access modes"
        yield checks.forbidden(at, why)


def _reach(at: str, affinity: Obj) -> Iterator[Cause]:
    """From which nodes it can be used."""
    if "required" not in affinity:
        yield checks.required(f"{at}.required", "must specify required node constraints")
    else:
        yield from node_selector(f"{at}.required", affinity["required"])


def _source(spec: Obj) -> Iterator[Cause]:
    given = [name for name, value in _sources(spec).items() if isinstance(value, dict)]
    for name in given[1:]:
        yield checks.forbidden(f"spec.{name}", "may not specify more than 1 volume type")
    if not given:
        yield checks.required("spec", "must specify a volume type")
        return
    for name in _NEEDED.get(given[0], ()):
        if not spec[given[0]].get(name):
            yield checks.required(f"spec.{given[0]}.{name}")


def _positive(at: str, value: Any) -> Iterator[Cause]:
    faults = list(checks.quantity(at, value))
    yield from faults
    if not faults and parse(str(value)) == 0:
        yield checks.invalid(at, value, "must be greater than zero")


def _size(spec: Obj) -> Any:
    return spec.get("resources", {}).get("requests", {}).get("storage")


def _bytes(spec: Obj) -> Fraction | None:
    """The size; None for what is none, which `claim` tells of."""
    try:
        return parse(str(_size(spec)))
    except ValueError:
        return None


def _rest(spec: Obj, filled: Obj) -> Obj:
    """The spec without its size; what it lacks and is given only once is taken from `filled`."""
    given = {name: filled[name] for name in _ONCE if name in filled and not spec.get(name)}
    return {key: value for key, value in (spec | given).items() if key != "resources"}


def _sources(spec: Obj) -> Obj:
    """Where the data are: all that is not said of every volume."""
    common = ("capacity", "claimRef", "accessModes", "persistentVolumeReclaimPolicy",
              "storageClassName", "volumeMode", "mountOptions", "nodeAffinity")  # fmt: skip
    return {key: value for key, value in spec.items() if key not in common}
