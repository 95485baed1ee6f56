"""Which Deployment runs a service: ours, else the one that an OSCAR manager made. Pure.

Asked by the scaler and the services API, so that both mean the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.service import names, oscar
from shared.service.objects import wanted_replicas
from shared.service.stored import is_stopped
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.service.objects import Obj


@value
class Workload:
    """The Deployment of a service; None while there is none."""

    deployment: Obj | None
    managers: bool = False
    """Whether an OSCAR manager made it."""
    spare: str = ""
    """The name of the manager's Deployment, if there is one beside ours."""

    @property
    def stopped(self) -> bool:
        """Whether the manager stopped it: its mark stands on the Deployment alone, and means
        nothing once somebody has given that pods again."""
        if self.deployment is None or not self.managers:
            return False
        return is_stopped(self.deployment) and wanted_replicas(self.deployment) == 0


def workload(name: str, find: Callable[[str], Obj | None]) -> Workload:
    """The workload of service `name`; `find` gives a Deployment by its name."""
    ours, theirs = find(names.deployment(name)), find(oscar.deployment(name))
    if theirs is not None and not _runs(theirs, name):
        theirs = None
    if ours is not None:
        return Workload(ours, spare=oscar.deployment(name) if theirs is not None else "")
    return Workload(theirs, managers=theirs is not None)


def _runs(deployment: Obj, name: str) -> bool:
    """Whether its pods are those of service `name`: a name alone says nothing."""
    selector = deployment["spec"].get("selector") or {}
    return bool((selector.get("matchLabels") or {}).get("app") == names.app_label(name))
