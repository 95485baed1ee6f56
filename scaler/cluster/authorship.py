"""Who else wrote the replicas of a Deployment, by its managedFields. Pure.

Source: Kubernetes, "Server-Side Apply": an entry of managedFields lists what its manager set. A
write to the scale subresource, as of `kubectl scale`, leaves one only where somebody owned the
replicas before (apimachinery, ScaleHandler and skipNonAppliedManager).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.service.objects import Obj


MANAGER: Final = "scaler"
"""Our name in managedFields."""
UNKNOWN: Final = ("", "unknown")
"""What an API server calls a writer who gave no name."""
NOBODY: Final = "somebody unknown"
SCALED: Final = "a write to the scale subresource"


def author(deployment: Obj, own: str) -> str:
    """The manager that last wrote `spec.replicas`, other than our `own`, which may have written
    since; how it was written where no name is told, and `somebody unknown` when nothing is."""
    entries = deployment["metadata"].get("managedFields") or ()
    owners = [each for each in entries if _has_replicas(each)]
    writers = [each for each in owners if each.get("manager") != own]
    if not writers:
        return SCALED if entries and not owners else NOBODY
    last = max(writers, key=lambda each: each.get("time") or "")
    if (name := last.get("manager") or "") not in UNKNOWN:
        return str(name)
    return SCALED if last.get("subresource") == "scale" else NOBODY


def _has_replicas(entry: Obj) -> bool:
    return "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
