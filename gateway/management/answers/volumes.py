"""What OSCAR's API says of the volume of a service: `volume_status`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.service.model import Volume
    from shared.service.objects import Obj

_PHASES: Final = {"Pending": "pending", "Bound": "in_use"}


def volume_status(volume: Volume | None, claims: Mapping[str, Obj]) -> dict[str, Any]:
    """The status; `claims` are PersistentVolumeClaims by name.

    Phases are OSCAR's: pending, in_use, error, deleting.
    """
    if volume is None:
        return {"enabled": False}
    body: dict[str, Any] = {"enabled": True, "name": volume.name}
    claim = claims.get(volume.name)
    if claim is None:
        missing = f'persistentvolumeclaims "{volume.name}" not found'
        return {**body, "phase": "error", "error": missing}
    if "deletionTimestamp" in claim["metadata"]:
        return {**body, "phase": "deleting"}
    phase = (claim.get("status") or {}).get("phase", "Pending")
    if phase in _PHASES:
        return {**body, "phase": _PHASES[phase]}
    return {**body, "phase": "error", "error": f"its claim is {phase}"}
