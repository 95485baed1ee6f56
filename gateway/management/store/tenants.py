"""Every write of the services API, done in the namespace where the service stands.

For the calls; what a write does, `lifecycle` knows, one of which works in each namespace. Names are
unique among all namespaces: of two creates at a time the older service stays, the other is undone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.management import problems
from gateway.management.access.caller import ADMIN
from gateway.management.objects.policy import DEFAULT
from gateway.management.store.lifecycle import Lifecycle

if TYPE_CHECKING:
    from gateway.management.access.caller import Caller
    from gateway.management.objects.adoption import Options
    from gateway.management.objects.policy import Policy
    from gateway.management.store.adoption import Adopted
    from gateway.management.store.spaces import Spaces
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.service.model import Service
    from shared.service.objects import Obj


class Tenants:
    """As `Lifecycle`, but for all namespaces."""

    def __init__(
        self,
        kube: KubeClient,
        spaces: Spaces,
        clock: Clock | None = None,
        policy: Policy = DEFAULT,
    ) -> None:
        self._kube = kube
        self._spaces = spaces
        self._clock = clock
        self._policy = policy
        self._lives: dict[str, Lifecycle] = {}

    def within(self, namespace: str) -> Lifecycle:
        """The writes of one namespace."""
        if namespace not in self._lives:
            policy = replace(self._policy, namespace=namespace)
            self._lives[namespace] = Lifecycle(self._kube, clock=self._clock, policy=policy)
        return self._lives[namespace]

    async def create(self, service: Service) -> tuple[str, ...]:
        """See `Lifecycle.create`."""
        name = service.name
        place = await self._spaces.owned(service.owner)
        await self._refuse_other(name, place)
        notes = await self.within(place).create(service)
        try:
            await self._refuse_other(name, place)
        except problems.RefusalError:
            await self.within(place).delete(name)
            raise
        return notes

    async def replace(self, service: Service, caller: Caller = ADMIN) -> tuple[str, ...]:
        """See `Lifecycle.replace`."""
        return await (await self._of(service.name)).replace(service, caller)

    async def rotate(self, name: str, caller: Caller = ADMIN) -> str:
        """See `Lifecycle.rotate`."""
        return await (await self._of(name)).rotate(name, caller)

    async def delete(self, name: str, caller: Caller = ADMIN) -> tuple[str, ...]:
        """See `Lifecycle.delete`."""
        return await (await self._of(name)).delete(name, caller)

    async def adopt(
        self, name: str, options: Options, caller: Caller = ADMIN, *, dry_run: bool = False
    ) -> Adopted:
        """See `Lifecycle.adopt`."""
        return await (await self._of(name)).adopt(name, options, caller, dry_run=dry_run)

    async def stop(self, name: str, caller: Caller = ADMIN) -> Obj:
        """See `Lifecycle.stop`."""
        return await (await self._of(name)).stop(name, caller)

    async def start(self, name: str, caller: Caller = ADMIN) -> Obj:
        """See `Lifecycle.start`."""
        return await (await self._of(name)).start(name, caller)

    async def wake(self, name: str, at: str, caller: Caller = ADMIN) -> Obj:
        """See `Lifecycle.wake`."""
        return await (await self._of(name)).wake(name, at, caller)

    async def restart(self, name: str, at: str, caller: Caller = ADMIN) -> Obj:
        """See `Lifecycle.restart`."""
        return await (await self._of(name)).restart(name, at, caller)

    async def _of(self, name: str) -> Lifecycle:
        return self.within(await self._spaces.of(name))

    async def _refuse_other(self, name: str, place: str) -> None:
        """RefusalError if there is a service of that name in another namespace."""
        if await self._spaces.find(name) not in ("", place):
            raise problems.exists()


Writes = Lifecycle | Tenants
"""Of one namespace, or of all."""
