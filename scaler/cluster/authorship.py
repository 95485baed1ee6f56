"""Who else wrote the replicas of a Deployment, by its managedFields. Pure.

Source: Kubernetes, "Server-Side Apply": an entry of managedFields lists what its manager set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.service.objects import Obj


def author(deployment: Obj, own: str) -> str:
    """The manager that last wrote `spec.replicas`, other than our `own`, which may have written
    since; `somebody unknown` when nobody says so."""
    entries = deployment["metadata"].get("managedFields") or ()
    writers = [each for each in entries if _has_replicas(each) and each.get("manager") != own]
    if not writers:
        return "somebody unknown"
    return str(max(writers, key=lambda each: each.get("time") or "").get("manager") or "somebody")


def _has_replicas(entry: Obj) -> bool:
    return "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
