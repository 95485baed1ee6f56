"""The columns of claims, volumes and storage classes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.kinds import DEFAULT_CLASS
from shared.embedded.tables.column import AGE, NAME, UNSET, Column, spec, status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.service.objects import Obj

_SHORT: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _modes(modes: Sequence[str]) -> str:
    return ",".join(_SHORT.get(mode, mode) for mode in dict.fromkeys(modes))


def _phase(obj: Obj, _: float) -> str:
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    return str(status(obj).get("phase", ""))


def _bound_capacity(claim: Obj, _: float) -> str:
    if not spec(claim).get("volumeName"):
        return ""
    return str((status(claim).get("capacity") or {}).get("storage", ""))


def _bound_modes(claim: Obj, _: float) -> str:
    return _modes(status(claim).get("accessModes") or []) if spec(claim).get("volumeName") else ""


def _claim(volume: Obj, _: float) -> str:
    about = spec(volume).get("claimRef")
    return f"{about['namespace']}/{about['name']}" if about else ""


def _class_name(obj: Obj, _: float) -> str:
    default = (obj["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    return f"{obj['metadata']['name']} (default)" if default else str(obj["metadata"]["name"])


_CLASS: Final = Column("StorageClass", lambda obj, _: spec(obj).get("storageClassName") or "")
_ATTRIBUTES: Final = Column("VolumeAttributesClass", lambda _, __: UNSET)
_MODE: Final = Column("VolumeMode", lambda obj, _: spec(obj).get("volumeMode") or UNSET, wide=True)

CLAIMS: Final = (
    NAME,
    Column("Status", _phase),
    Column("Volume", lambda obj, _: spec(obj).get("volumeName") or ""),
    Column("Capacity", _bound_capacity),
    Column("Access Modes", _bound_modes),
    _CLASS,
    _ATTRIBUTES,
    AGE,
    _MODE,
)
VOLUMES: Final = (
    NAME,
    Column("Capacity", lambda obj, _: str((spec(obj).get("capacity") or {}).get("storage", ""))),
    Column("Access Modes", lambda obj, _: _modes(spec(obj).get("accessModes") or [])),
    Column("Reclaim Policy", lambda obj, _: spec(obj).get("persistentVolumeReclaimPolicy") or ""),
    Column("Status", _phase),
    Column("Claim", _claim),
    _CLASS,
    _ATTRIBUTES,
    Column("Reason", lambda obj, _: status(obj).get("reason") or ""),
    AGE,
    _MODE,
)
CLASSES: Final = (
    Column("Name", _class_name, NAME.description, format="name"),
    Column("Provisioner", lambda obj, _: obj.get("provisioner", "")),
    Column("ReclaimPolicy", lambda obj, _: obj.get("reclaimPolicy", "")),
    Column("VolumeBindingMode", lambda obj, _: obj.get("volumeBindingMode", "")),
    Column("AllowVolumeExpansion", lambda obj, _: obj.get("allowVolumeExpansion", False),
           type="boolean"),
    AGE,
)  # fmt: skip
