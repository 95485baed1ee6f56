"""Create, replace and delete services, stop and start them: every write of the services API.

What a service is, is written by server-side apply; whether it runs (`replicas`, annotations), by
merge patches. So the two never own the same field: an apply never resets what the scaler or a stop
wrote, and drops what a new definition no longer has. How a write is whole, `switching` says.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gateway.management import problems
from gateway.management.access.caller import ADMIN, may_change, owned, still_owned
from gateway.management.objects import scale
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.whole import kept_of, restored, with_known_secrets
from gateway.management.store.adoption import Adoption
from gateway.management.store.catalog import Catalog
from gateway.management.store.settling import ATTEMPTS, Settled, Settler, new_token
from gateway.management.store.switching import Switcher
from gateway.management.store.volumes import Volumes, left_behind
from shared.kube.errors import Conflict, KubeError, NotFound
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS
from shared.service import names, oscar, stored
from shared.service.objects import wanted_replicas
from shared.service.scaling.waking import wake_to_of
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gateway.management.access.caller import Caller
    from gateway.management.objects.adoption import Options
    from gateway.management.objects.kept import Kept
    from gateway.management.objects.policy import Policy
    from gateway.management.objects.seen import Seen
    from gateway.management.store.adoption import Adopted
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.service.model import Expose, Service
    from shared.service.objects import Obj

log = logging.getLogger(__name__)


class Lifecycle:
    """One change at a time a service; raises `RefusalError` and `KubeError`.

    Whether the caller may change it is asked once more where nobody else can: between the guard and
    here it may have been deleted, and made by somebody else.
    """

    def __init__(
        self,
        kube: KubeClient,
        new_token: Callable[[], str] = new_token,
        clock: Clock | None = None,
        policy: Policy = DEFAULT,
    ) -> None:
        self._kube = kube
        self._namespace = policy.namespace
        self._catalog = Catalog(kube, policy.namespace)
        self._volumes = Volumes(self._catalog, policy)
        self._settler = Settler(kube, clock, policy)
        self._switcher = Switcher(kube, self._settler)
        self._adoption = Adoption(kube, self._catalog, self._settler, new_token)
        self._new_token = new_token
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    async def create(self, service: Service) -> tuple[str, ...]:
        """A new service; what is to be said of its volume. One that an earlier create left
        unfinished makes room for it."""
        async with self._alone(service.name, "created"):
            notes = await self._approved(service)
            await self._switcher.create(service, self._new_token())
        return notes

    async def replace(self, service: Service, caller: Caller = ADMIN) -> tuple[str, ...]:
        """A new definition for a service; its token, owner, size and whether it is stopped stay.

        Answers what is to be said of its volume.
        """

        def replaced(seen: Seen) -> tuple[Service, str]:
            known = _known(seen, self._new_token())
            inherited = _inherited(service, _readable(seen.root), caller)
            return with_known_secrets(inherited, known), known.token

        async with self._alone(service.name, "replaced"):
            await self._ours(service.name, caller)
            notes = await self._replaceable(service, caller)
            await self._switcher.switch(service.name, replaced)
        return notes

    async def rotate(self, name: str, caller: Caller = ADMIN) -> str:
        """A new token for a service; its pods are renewed one after another to have it."""
        token = self._new_token()

        def rotated(seen: Seen) -> tuple[Service, str]:
            _permit(_readable(seen.root), caller)
            return restored(seen, {}, token).service, token

        async with self._alone(name, "given a new token"):
            await self._ours(name, caller)
            await self._switcher.switch(name, rotated)
        return token

    async def delete(self, name: str, caller: Caller = ADMIN) -> tuple[str, ...]:
        """The service with all that belongs to it; what is to be said of a volume that stays."""
        async with self._alone(name, "deleted"):
            configmap = await self._catalog.configmap(name)
            if configmap is None:
                raise problems.not_found()
            _permit(_readable(configmap), caller)
            if not await self._adoption.finish(configmap) and oscar.wrote(configmap):
                await self._adoption.remove(configmap)
            await self._switcher.remove(configmap)
        return left_behind(configmap)

    async def adopt(
        self, name: str, options: Options, caller: Caller = ADMIN, *, dry_run: bool = False
    ) -> Adopted:
        """Take a service over from the OSCAR manager that made it; its pods stay."""
        async with self._alone(name, "" if dry_run else "adopted"):
            _permit(_readable(await self._catalog.configmap(name)), caller)
            return await self._adoption.adopt(name, options, dry_run=dry_run)

    async def stop(self, name: str, caller: Caller = ADMIN) -> Obj:
        """No pods until `start`; the gateway is told first, so that it refuses at once."""
        async with self._alone(name, "stopped"):
            await self._exposed(name, caller)
            deployment = await self._marked(name, stopped=True)
            if wanted_replicas(deployment) == 0:
                return deployment
            return await self._change(name, scale.stop)

    async def start(self, name: str, caller: Caller = ADMIN) -> Obj:
        """As many pods as before the stop; of a service that sleeps, as many as it wakes to."""
        async with self._alone(name, "started"):
            expose = await self._exposed(name, caller)
            deployment = await self._marked(name, stopped=False)
            if wanted_replicas(deployment):
                return deployment
            least, woken = expose.min_scale, wake_to_of(expose.scaling)
            return await self._change(name, lambda now: scale.start(now, least, woken))

    async def wake(self, name: str, at: str, caller: Caller = ADMIN) -> Obj:
        """Ask the scaler for pods, if the service sleeps; it counts as a use of it at `at`, RFC
        3339. RefusalError 409 if somebody stopped it."""

        def woken(deployment: Obj) -> Obj:
            if not wanted_replicas(deployment) and not asleep_since(deployment):
                raise problems.stopped(name)
            return scale.wake(at)

        async with self._alone(name, "woken"):
            await self._exposed(name, caller)
            return await self._change(name, woken)

    async def restart(self, name: str, at: str, caller: Caller = ADMIN) -> Obj:
        """New pods one after another; `at` is RFC 3339."""
        async with self._alone(name, "restarted"):
            await self._exposed(name, caller)
            annotations = {names.RESTARTED_AT: at}
            template = {"metadata": {"annotations": annotations}}
            return await self._change(name, lambda _: {"spec": {"template": template}})

    async def reconcile(self, name: str) -> Settled:
        """Complete what a write has left half done, or undo it; repair what others have changed.

        Raises StoredError for a ConfigMap that cannot be read: nothing is done to it.
        """
        async with self._alone(name):
            cut_off = await self._adoption.finish(await self._catalog.configmap(name))
            settled = await self._switcher.reconciled(name)
            return dataclasses.replace(settled, finished=False) if cut_off else settled

    async def _ours(self, name: str, caller: Caller) -> None:
        """Refuse (409) what an OSCAR manager made; an adoption that was cut off goes on first."""
        configmap = await self._catalog.configmap(name)
        if configmap is None:
            return
        _permit(_readable(configmap), caller)
        if not await self._adoption.finish(configmap) and oscar.wrote(configmap):
            raise problems.managed(name)

    async def _approved(self, service: Service) -> tuple[str, ...]:
        """What is to be said of the volume of a new service. RefusalError, of a name that is taken
        before anything else."""
        if service.volume is not None:
            seen = await self._settler.look(service.name)
            if seen.root is not None and not seen.is_unfinished:
                raise problems.exists()
        return await self._volumes.check(service)

    async def _replaceable(self, service: Service, caller: Caller) -> tuple[str, ...]:
        """The same of the new definition of a service that is there."""
        root = await self._catalog.configmap(service.name)
        old = _readable(root)
        if root is None or (service.volume is None and (old is None or old.volume is None)):
            return ()
        inherited = _inherited(service, old, caller)
        return await self._volumes.check(inherited, old.volume if old else None)

    async def _exposed(self, name: str, caller: Caller) -> Expose:
        """How a service is exposed that `caller` can stop and start."""
        configmap = await self._catalog.configmap(name)
        if configmap is None:
            raise problems.not_found()
        service = stored.read(configmap).definition
        _permit(service, caller)
        if service.expose is None:
            raise problems.not_exposed(name)
        await self._adoption.finish(configmap)
        if await self._catalog.deployment(name) is None:
            raise problems.without_deployment(name)
        return service.expose

    async def _marked(self, name: str, *, stopped: bool) -> Obj:
        """The Deployment, after the ConfigMap was marked and the rest has followed."""
        body = {"metadata": {"annotations": {names.STOPPED: str(stopped).lower()}}}
        try:
            root = await self._kube.patch(CONFIGMAPS, name, body, self._namespace)
        except NotFound:
            raise problems.gone(name) from None
        try:
            settled = await self._switcher.settled(root, {})
        except KubeError as error:
            mark = "stopped" if stopped else "started"
            error.add_note(f"the service is marked as {mark}, and the next reconcile follows that")
            raise
        deployment = settled.seen.deployment
        if deployment is None:  # one that an OSCAR manager made is not ours to settle
            deployment = await self._catalog.deployment(name)
        if deployment is None:
            raise problems.without_deployment(name)
        return deployment

    async def _change(self, name: str, patch: Callable[[Obj], Obj]) -> Obj:
        """Patch the Deployment by what `patch` makes of it as it is now."""
        for attempt in range(ATTEMPTS):
            deployment = await self._catalog.deployment(name)
            if deployment is None:
                raise problems.without_deployment(name)
            body = patch(deployment)
            version = deployment["metadata"]["resourceVersion"]
            body.setdefault("metadata", {})["resourceVersion"] = version
            try:
                return await self._kube.patch(
                    DEPLOYMENTS, deployment["metadata"]["name"], body, self._namespace
                )
            except NotFound:
                continue
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        raise problems.without_deployment(name)

    @asynccontextmanager
    async def _alone(self, name: str, done: str = "") -> AsyncIterator[None]:
        """The right to change service `name`; a change that succeeds is logged as `done`."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._users[name] += 1
        try:
            async with lock:
                yield
                if done:
                    log.info("service %s %s", name, done)
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name], self._locks[name]


def _known(seen: Seen, new_token: str) -> Kept:
    """The secrets of a service, whatever else is wrong with its definition."""
    try:
        return restored(seen, {}, new_token).kept
    except stored.StoredError:
        return kept_of(seen, {}, new_token)


def _readable(configmap: Obj | None) -> Service | None:
    try:
        return stored.read(configmap).definition if configmap is not None else None
    except stored.StoredError:
        return None


def _inherited(service: Service, old: Service | None, caller: Caller) -> Service:
    """`service` with the owner of `old`, None if that cannot be read; RefusalError 403."""
    _permit(old, caller)
    return still_owned(service, old) if old is not None else owned(service, caller)


def _permit(service: Service | None, caller: Caller) -> None:
    """RefusalError 403 if it is not the caller's; what cannot be read is the administrator's."""
    if not caller.admin and (service is None or not may_change(caller, service)):
        raise problems.forbidden(caller.name, "change")
