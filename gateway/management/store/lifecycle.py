"""Create, replace and delete services, stop and start them: every write of the services API.

What a service is, its ConfigMap says, and one write changes it: before that nothing has happened,
after it the rest follows (`settling`), if need be by the `reconcile` of another process. What is
secret of a definition is kept first, for the ConfigMap names it. If what follows is refused, the
ConfigMap is set back, and the rest follows that.

What a service is, is written by server-side apply; whether it runs (`replicas`, annotations), by
merge patches. So the two never own the same field: an apply never resets what the scaler or a stop
wrote, and drops what a new definition no longer has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from gateway.management import problems
from gateway.management.access.caller import ADMIN, may_change, owned, still_owned
from gateway.management.objects import kept, render, scale
from gateway.management.objects import plan as planning
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.seen import uid
from gateway.management.objects.whole import kept_of, restored, with_known_secrets
from gateway.management.store.catalog import NS, Catalog
from gateway.management.store.settling import ATTEMPTS, Settled, Settler, new_token
from gateway.management.store.volumes import Volumes, left_behind
from shared.kube.errors import AlreadyExists, Conflict, Forbidden, Invalid, KubeError, NotFound
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS
from shared.service import names, stored
from shared.service.model import ADMINISTRATOR
from shared.service.objects import annotations_of, wanted_replicas
from shared.service.stored import StoredError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

    from gateway.management.access.caller import Caller
    from gateway.management.objects.kept import Kept
    from gateway.management.objects.plan import Step
    from gateway.management.objects.policy import Policy
    from gateway.management.objects.seen import Seen
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.service.model import Service
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

UNDO: Final = 15.0
"""Seconds that undoing a failed create or replace may take."""
HALF_DONE: Final = "it may be half done; the next reconcile completes or undoes it"


class Lifecycle:
    """One change at a time a service; raises `RefusalError` and `KubeError`."""

    def __init__(
        self,
        kube: KubeClient,
        new_token: Callable[[], str] = new_token,
        clock: Clock | None = None,
        policy: Policy = DEFAULT,
    ) -> None:
        self._kube = kube
        self._catalog = Catalog(kube)
        self._volumes = Volumes(self._catalog, policy)
        self._settler = Settler(kube, clock, policy)
        self._new_token = new_token
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    async def create(self, service: Service) -> tuple[str, ...]:
        """A new service; what is to be said of its volume. One that an earlier create left
        unfinished makes room for it."""
        async with self._alone(service.name, "created"):
            notes = await self._approved(service)
            token = self._new_token()
            secret = kept.of(service, token)
            root = render.configmap(service, token)
            revision = kept.revision(root["data"], secret)
            root["metadata"]["annotations"] = {names.REVISION: revision}
            staged = await self._staged(service, revision, secret)
            try:
                made = await self._rooted(root, staged)
                await self._settled(made, {revision: secret})
            except BaseException as error:  # a cancelled request leaves no half service either
                await self._undo(self._erase(service.name, revision), error)
                raise
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
            notes = await self._replaceable(service, caller)
            await self._switch(service.name, replaced)
        return notes

    async def rotate(self, name: str) -> str:
        """A new token for a service; its pods are renewed one after another to have it."""
        token = self._new_token()

        def rotated(seen: Seen) -> tuple[Service, str]:
            return restored(seen, {}, token).service, token

        async with self._alone(name, "given a new token"):
            await self._switch(name, rotated)
        return token

    async def delete(self, name: str) -> tuple[str, ...]:
        """The service with all that belongs to it; what is to be said of a volume that stays."""
        async with self._alone(name, "deleted"):
            configmap = await self._catalog.configmap(name)
            if configmap is None:
                raise problems.not_found()
            await self._delete(configmap)
            try:
                await self._settler.sweep(name)
            except KubeError as error:  # the service is gone, and the rest goes after it
                log.warning("what is left of service %s goes later: %s", name, error)
        return left_behind(configmap)

    async def stop(self, name: str) -> Obj:
        """No pods until `start`; the gateway is told first, so that it refuses at once."""
        async with self._alone(name, "stopped"):
            await self._least(name)
            deployment = await self._marked(name, stopped=True)
            if wanted_replicas(deployment) == 0:
                return deployment
            return await self._change(name, scale.stop)

    async def start(self, name: str) -> Obj:
        """As many pods as before the stop."""
        async with self._alone(name, "started"):
            least = await self._least(name)
            deployment = await self._marked(name, stopped=False)
            if wanted_replicas(deployment):
                return deployment
            return await self._change(name, lambda now: scale.start(now, least))

    async def restart(self, name: str, at: str) -> Obj:
        """New pods one after another; `at` is RFC 3339."""
        async with self._alone(name, "restarted"):
            await self._least(name)
            annotations = {names.RESTARTED_AT: at}
            template = {"metadata": {"annotations": annotations}}
            return await self._change(name, lambda _: {"spec": {"template": template}})

    async def reconcile(self, name: str) -> Settled:
        """Complete what a write has left half done, or undo it; repair what others have changed.

        Raises StoredError for a ConfigMap that cannot be read: nothing is done to it.
        """
        async with self._alone(name):
            try:
                return await self._settler.settle(name, {})
            except (Invalid, Forbidden) as error:
                seen = await self._settler.look(name)
                if seen.root is None or not seen.is_unfinished:
                    raise
                await self._delete(seen.root)  # nobody was told that it was made
                await self._settler.sweep(name)
                return Settled(seen, undone=error.message)

    async def _approved(self, service: Service) -> tuple[str, ...]:
        """What is to be said of the volume of a new service. RefusalError, of a name that is taken
        before anything else."""
        if service.volume is not None:
            seen = await self._settler.look(service.name)
            if seen.root is not None and not seen.is_unfinished:
                raise problems.taken()
        return await self._volumes.check(service)

    async def _replaceable(self, service: Service, caller: Caller) -> tuple[str, ...]:
        """The same of the new definition of a service that is there."""
        old = _readable(await self._catalog.configmap(service.name))
        if service.volume is None and (old is None or old.volume is None):
            return ()
        inherited = _inherited(service, old, caller)
        return await self._volumes.check(inherited, old.volume if old else None)

    async def _staged(self, service: Service, revision: str, secret: Kept) -> Obj:
        """The Secret of a new service, made when nothing of that name is there any more."""
        name = service.name
        for _ in range(ATTEMPTS):
            seen = await self._settler.look(name)
            if seen.root is not None:
                if not seen.is_unfinished or _owner(seen.root) != service.owner:
                    raise problems.taken()
                await self._delete(seen.root)
            if seen.root is not None or seen.objects:
                seen = (await self._settler.settle(name, {})).seen
            try:
                made = await self._settler.stage(seen, revision, secret)
            except Conflict:  # another create was faster
                continue
            if made is not None and seen.root is None:
                return made
        raise _contended(name)

    async def _rooted(self, root: Obj, staged: Obj) -> Obj:
        try:
            return await self._kube.create(CONFIGMAPS, root, NS)
        except AlreadyExists:
            with contextlib.suppress(Conflict, NotFound):
                await self._settler.remove(staged)
            raise problems.taken() from None

    async def _switch(self, name: str, new: Callable[[Seen], tuple[Service, str]]) -> None:
        """Make the ConfigMap say what `new` makes of the service, and the rest follow."""
        for attempt in range(ATTEMPTS):
            seen = await self._settler.look(name)
            if seen.root is None or not stored.is_labelled(seen.root):
                raise problems.not_found() if attempt == 0 else _gone(name)
            service, token = new(seen)
            secret = kept.of(service, token)
            data = render.configmap(service, token)["data"]
            revision = kept.revision(data, secret)
            marks = {names.STOPPED: None} if service.expose is None else {}
            step = planning.switched(seen.root, data, revision, marks)
            try:
                await self._settler.stage(seen, revision, secret)
                made = await self._switched(step, seen.root, revision)
            except Conflict:
                continue
            try:
                await self._settled(made, {revision: secret})
            except BaseException as error:
                await self._undo(self._restore(seen.root, revision), error)
                raise
            return
        raise _contended(name)

    async def _switched(self, step: Step, before: Obj, revision: str) -> Obj:
        try:
            return await self._settler.do(step)
        except NotFound:
            raise _gone(step.name) from None
        except Conflict:
            raise
        except BaseException as error:  # it may have been done all the same
            await self._undo(self._restore(before, revision), error)
            raise

    async def _settled(self, root: Obj, known: Mapping[str, Kept]) -> Settled:
        name = root["metadata"]["name"]
        settled = await self._settler.settle(name, known)
        if uid(settled.seen.root) != uid(root):
            raise _gone(name)
        return settled

    async def _erase(self, name: str, revision: str) -> None:
        """Undo a create, unless it is somebody else's service that is there."""
        seen = await self._settler.look(name)
        if seen.root is not None and seen.revision == revision:
            await self._delete(seen.root)
        await self._settler.sweep(name)

    async def _restore(self, before: Obj, revision: str) -> None:
        """Undo the switch to a revision, unless somebody else has switched since."""
        stored.read(before)
        name = before["metadata"]["name"]
        seen = await self._settler.look(name)
        if seen.root is None or seen.revision != revision:
            return
        marks = annotations_of(before)
        stopped = {names.STOPPED: marks.get(names.STOPPED)}
        earlier = marks.get(names.REVISION, "")
        await self._settler.do(planning.switched(seen.root, before["data"], earlier, stopped))
        await self._settler.settle(name, {})

    async def _least(self, name: str) -> int:
        """The least replicas of a service that can be stopped and started."""
        found = await self._catalog.find(name)
        if found is None:
            raise problems.not_found()
        if found.service.expose is None:
            raise problems.not_exposed(name)
        if await self._catalog.deployment(name) is None:
            raise _without_deployment(name)
        return found.service.expose.min_scale

    async def _marked(self, name: str, *, stopped: bool) -> Obj:
        """The Deployment, after the ConfigMap was marked and the rest has followed."""
        body = {"metadata": {"annotations": {names.STOPPED: str(stopped).lower()}}}
        try:
            root = await self._kube.patch(CONFIGMAPS, name, body, NS)
        except NotFound:
            raise _gone(name) from None
        deployment = (await self._settled(root, {})).seen.deployment
        if deployment is None:
            raise _without_deployment(name)
        return deployment

    async def _change(self, name: str, patch: Callable[[Obj], Obj]) -> Obj:
        """Patch the Deployment by what `patch` makes of it as it is now."""
        for attempt in range(ATTEMPTS):
            deployment = await self._catalog.deployment(name)
            if deployment is None:
                raise _without_deployment(name)
            body = patch(deployment)
            version = deployment["metadata"]["resourceVersion"]
            body.setdefault("metadata", {})["resourceVersion"] = version
            try:
                return await self._kube.patch(DEPLOYMENTS, names.deployment(name), body, NS)
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _delete(self, configmap: Obj) -> None:
        name = configmap["metadata"]["name"]
        try:
            await self._kube.delete(CONFIGMAPS, name, NS, uid=uid(configmap))
        except NotFound:
            log.info("ConfigMap %s was gone already", name)

    async def _undo(self, work: Coroutine[Any, Any, None], error: BaseException) -> None:
        try:
            async with asyncio.timeout(UNDO):
                await work
        except (KubeError, StoredError, problems.RefusalError, TimeoutError) as failure:
            log.error(
                "could not undo a failed change: %s; the next reconcile will, or apply or delete "
                "the service",
                failure,
            )
            error.add_note(HALF_DONE)

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
    except StoredError:
        return kept_of(seen, {}, new_token)


def _readable(configmap: Obj | None) -> Service | None:
    try:
        return stored.read(configmap).definition if configmap is not None else None
    except StoredError:
        return None


def _owner(configmap: Obj) -> str:
    service = _readable(configmap)
    return service.owner if service else ADMINISTRATOR


def _inherited(service: Service, old: Service | None, caller: Caller) -> Service:
    """`service` with the owner of `old`, None if that cannot be read; RefusalError 403."""
    if old is not None and may_change(caller, old):
        return still_owned(service, old)
    if old is None and caller.admin:
        return owned(service, caller)
    raise problems.forbidden(caller.name, "change")


def _gone(name: str) -> problems.RefusalError:
    return problems.RefusalError(404, f'service "{name}" was deleted meanwhile')


def _contended(name: str) -> problems.RefusalError:
    return problems.RefusalError(409, f'service "{name}" is being changed by others; try again')


def _without_deployment(name: str) -> problems.RefusalError:
    text = f'service "{name}" has no Deployment; apply its definition again'
    return problems.RefusalError(409, text)
