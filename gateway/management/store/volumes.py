"""The volumes of services before and after a write: who may have one, and what is to be said of it.

Called by `lifecycle`. What is right of a claim is in `objects.claim`; that it is made, grows and
goes is part of the plan for a service (`objects.plan`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.management.objects import claim
from shared.service import stored

if TYPE_CHECKING:
    from gateway.management.objects.policy import Policy
    from gateway.management.store.catalog import Catalog
    from shared.service.model import Service, Volume
    from shared.service.objects import Obj


class Volumes:
    """Asks the cluster; writes nothing."""

    def __init__(self, catalog: Catalog, policy: Policy) -> None:
        self._catalog = catalog
        self._policy = policy

    async def check(self, service: Service, before: Volume | None = None) -> tuple[str, ...]:
        """What is to be said of the volume of `service`; raises RefusalError if it cannot have it,
        and KubeError. `before` is the volume of the definition that is replaced."""
        volume = service.volume
        found = await self._catalog.claim(volume.name) if volume is not None else None
        if volume is not None:
            refused = claim.refusal(found, service, volume, before, self._policy)
            if refused is not None:
                raise refused
        return claim.notes(found, service, before, self._policy)


def left_behind(configmap: Obj) -> tuple[str, ...]:
    """What is to be said of the volume that stays when the service of `configmap` is deleted."""
    try:
        volume = claim.own(stored.read(configmap).definition)
    except stored.StoredError:
        return ()
    if volume is None or volume.lifecycle_policy == "delete":
        return ()
    return (claim.kept(volume, configmap["metadata"]["namespace"]),)
