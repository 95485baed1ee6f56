"""What a service is, is changed by one write of its ConfigMap; the rest follows, or it is undone.

For `lifecycle`, one service at a time within this process. Before the ConfigMap is written nothing
has happened but that the new secrets are kept; after it all else follows (`settling`), if need be
by the reconcile of another process. When that is refused, the ConfigMap is set back, and the rest
follows that. Every write of a ConfigMap names the version that was read: of two processes that
change a service at a time, one looks again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gateway.management import problems
from gateway.management.objects import kept, render
from gateway.management.objects import plan as planning
from gateway.management.objects.seen import uid
from gateway.management.store.catalog import NS
from gateway.management.store.settling import ATTEMPTS, BRIEF, Settled, Settler
from shared.kube.errors import AlreadyExists, Conflict, Forbidden, Invalid, KubeError, NotFound
from shared.kube.resources import CONFIGMAPS
from shared.service import names, stored
from shared.service.model import ADMINISTRATOR
from shared.service.objects import annotations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from gateway.management.objects.kept import Kept
    from gateway.management.objects.plan import Step
    from gateway.management.objects.seen import Seen
    from shared.kube.client import KubeClient
    from shared.service.model import Service
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

UNDO: Final = 15.0
"""Seconds that undoing a failed create or switch may take."""
HALF_DONE: Final = "the service may be half changed; the next reconcile completes or undoes that"


class Switcher:
    """Makes, switches and removes ConfigMaps; raises `RefusalError` and `KubeError`."""

    def __init__(self, kube: KubeClient, settler: Settler) -> None:
        self._kube = kube
        self._settler = settler

    async def create(self, service: Service, token: str) -> None:
        """A new service. One that an earlier create left unfinished makes room for it."""
        secret = kept.of_new(service, token)
        root = render.configmap(service, token)
        revision = kept.revision(root["data"], secret)
        root["metadata"]["annotations"] = {names.REVISION: revision}
        try:
            staged = await self._staged(service, revision, secret)
            made = await self._rooted(root, staged)
            await self.settled(made, {revision: secret}, staged)
        except BaseException as error:  # a cancelled request leaves no half service either
            await self._undo(self._erase(service.name, revision), error)
            raise

    async def switch(self, name: str, new: Callable[[Seen], tuple[Service, str]]) -> None:
        """Make the service what `new` makes of it, with the token that it gives."""
        for attempt in range(ATTEMPTS):
            seen = await self._settler.look(name)
            if seen.root is None or not stored.is_labelled(seen.root):
                raise problems.not_found() if attempt == 0 else problems.gone(name)
            service, token = new(seen)
            secret = kept.of_new(service, token)
            data = render.configmap(service, token)["data"]
            revision = kept.revision(data, secret)
            marks = {names.STOPPED: None} if service.expose is None else {}
            step = planning.switched(seen.root, data, revision, marks)
            try:
                staged = await self._settler.stage(seen, revision, secret)
                made = await self._switched(step, seen.root, revision)
            except (Conflict, NotFound):  # the Secret may have gone with a service before
                continue
            try:
                await self.settled(made, {revision: secret}, staged)
            except BaseException as error:
                await self._undo(self._restore(seen.root, revision), error)
                raise
            return
        raise problems.contended(name)

    async def remove(self, configmap: Obj) -> None:
        """The service with all that belongs to it; garbage collection takes what is left here."""
        name = configmap["metadata"]["name"]
        await self._delete(configmap)
        try:
            await self._settler.sweep(name)
        except KubeError as error:
            log.warning("what is left of service %s goes later: %s", name, error)

    async def settled(
        self, root: Obj, known: Mapping[str, Kept], seen: Seen | None = None
    ) -> Settled:
        """All else, `seen` before if the caller knows it, follows the ConfigMap just written."""
        name = root["metadata"]["name"]
        before = replace(seen, root=root) if seen else None
        settled = await self._settler.settle(name, known, before)
        if uid(settled.seen.root) != uid(root):
            raise problems.gone(name)
        return settled

    async def reconciled(self, name: str) -> Settled:
        """Complete what is half done, repair what others have changed; a create that the cluster
        refuses to complete is undone."""
        try:
            return await self._settler.settle(name, {}, patience=BRIEF)
        except (Invalid, Forbidden) as error:
            seen = await self._settler.look(name)
            if seen.root is None or not seen.is_unfinished:
                raise
            await self.remove(seen.root)  # nobody was told that it was made
            return Settled(seen, undone=error.message)

    async def _staged(self, service: Service, revision: str, secret: Kept) -> Seen:
        """The Secret of a new service, made when nothing of that name is there any more."""
        name = service.name
        for _ in range(ATTEMPTS):
            seen = await self._settler.look(name)
            if seen.root is not None:
                if not seen.is_unfinished or _owner(seen.root) != service.owner:
                    raise problems.exists()
                await self._delete(seen.root)
            if seen.root is not None or seen.objects:
                seen = (await self._settler.settle(name, {})).seen
            try:
                staged = await self._settler.stage(seen, revision, secret)
            except (Conflict, NotFound):  # another create or delete was faster
                continue
            if staged is not seen and seen.root is None:
                return staged
        raise problems.contended(name)

    async def _rooted(self, root: Obj, staged: Seen) -> Obj:
        try:
            return await self._kube.create(CONFIGMAPS, root, NS)
        except AlreadyExists:
            if staged.secret is not None:
                with contextlib.suppress(Conflict, NotFound):
                    await self._settler.remove(staged.secret)
            raise problems.exists() from None

    async def _switched(self, step: Step, before: Obj, revision: str) -> Obj:
        try:
            return await self._settler.do(step)
        except NotFound:
            raise problems.gone(step.name) from None
        except Conflict:
            raise
        except BaseException as error:  # it may have been done all the same
            await self._undo(self._restore(before, revision), error)
            raise

    async def _erase(self, name: str, revision: str) -> None:
        """Undo a create, unless it is somebody else's service that is there."""
        seen = await self._settler.look(name)
        if seen.root is not None and seen.revision == revision:
            await self._delete(seen.root)
        await self._settler.sweep(name)

    async def _restore(self, before: Obj, revision: str) -> None:
        """Undo the switch to a revision, unless somebody else has switched since."""
        stored.read(before)
        seen = await self._settler.look(before["metadata"]["name"])
        marks = annotations_of(before)
        earlier = marks.get(names.REVISION, "")
        ended = earlier and earlier not in kept.entries(seen.secret)  # and all has followed
        if seen.root is None or seen.revision != revision or ended:
            return
        stopped = {names.STOPPED: marks.get(names.STOPPED)}
        await self._settler.do(planning.switched(seen.root, before["data"], earlier, stopped))
        await self._settler.settle(seen.name, {})

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
        except (KubeError, stored.StoredError, problems.RefusalError, TimeoutError) as failure:
            log.error(
                "could not undo a failed change: %s; the next reconcile will, or apply or delete "
                "the service",
                failure or "no answer",
            )
            error.add_note(HALF_DONE)


def _owner(configmap: Obj) -> str:
    try:
        return stored.read(configmap).definition.owner
    except stored.StoredError:
        return ADMINISTRATOR
