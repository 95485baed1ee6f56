"""The volumes of services in the cluster: claims are asked for, made and grown here.

Called by `lifecycle`, with the service's lock held. What is right of a claim is in
`objects.claim`; this file asks the cluster and writes.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from gateway.management import problems
from gateway.management.objects import claim as claims
from gateway.management.store.catalog import NS, Catalog
from shared.kube.errors import Forbidden, KubeError, NotFound
from shared.kube.resources import CLAIMS
from shared.service import stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.management.objects.policy import Policy
    from shared.kube.client import KubeClient
    from shared.service.model import Service, Volume
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

UNDO: Final = 15.0
"""Seconds that deleting the claim of a failed change may take."""


class Volumes:
    """Every method may raise `RefusalError` and `KubeError`."""

    def __init__(self, kube: KubeClient, policy: Policy) -> None:
        self._kube = kube
        self._catalog = Catalog(kube)
        self._policy = policy

    async def check(self, service: Service, before: Volume | None = None) -> tuple[str, ...]:
        """Before anything is written: may the service have its volume? What is to be said of it.

        before: the volume of the definition that is replaced.
        """
        volume = service.volume
        found = await self._catalog.claim(volume.name) if volume is not None else None
        if volume is not None:
            refused = claims.refusal(found, service, volume, before, self._policy)
            if refused is not None:
                raise refused
        return claims.notes(found, service, before, self._policy)

    @asynccontextmanager
    async def ensured(self, service: Service, owner_uid: str) -> AsyncIterator[None]:
        """`ensure`; a claim that was made for a block that fails is deleted again."""
        made = await self.ensure(service, owner_uid)
        try:
            yield
        except BaseException:
            if made and service.volume is not None:
                await self._undo(service.volume.name, made)
            raise

    async def ensure(self, service: Service, owner_uid: str) -> str:
        """Have the claim that an exposed service states, with its size; the uid of a new one.

        One that is there already is taken as it is, and grows at most. `owner_uid` is that of the
        ConfigMap.
        """
        volume = service.volume
        if volume is None or not volume.size or service.expose is None:
            return ""
        found = await self._catalog.claim(volume.name)
        if found is None:
            made = await self._kube.create(
                CLAIMS, claims.claim(service, volume, self._policy, owner_uid), NS
            )
            return str(made["metadata"]["uid"])
        if not claims.is_of(found, service):
            raise claims.another(volume, found)
        if claims.is_left_behind(found, service, owner_uid):
            await self._discard(volume.name, found["metadata"]["uid"])
            raise claims.leaving(volume)
        if body := claims.changes(found, service, volume, owner_uid):
            try:
                await self._kube.patch(CLAIMS, volume.name, body, NS)
            except Forbidden as error:  # a StorageClass need not let its volumes grow
                text = f"volume.size: the cluster does not let {volume.name} grow: {error.message}"
                raise problems.invalid([text]) from error
        return ""

    async def _undo(self, name: str, uid: str) -> None:
        try:
            async with asyncio.timeout(UNDO):
                await self._discard(name, uid)
        except (KubeError, TimeoutError) as error:
            log.error("claim %s of a failed change stays: %s; delete it with kubectl", name, error)

    async def _discard(self, name: str, uid: str) -> None:
        try:
            await self._kube.delete(CLAIMS, name, NS, uid=uid)
        except NotFound:
            log.info("claim %s was gone already", name)


def left_behind(configmap: Obj) -> tuple[str, ...]:
    """What is to be said of the volume that stays when the service of `configmap` is deleted."""
    try:
        volume = stored.read(configmap).definition.volume
    except stored.StoredError:
        return ()
    stays = volume is not None and volume.size and volume.lifecycle_policy == "retain"
    return (claims.kept(volume),) if volume is not None and stays else ()
