"""Create, replace and delete services, stop and start them: every write of the services API.

What a service is, is written by server-side apply; whether it runs (`replicas`, annotations), by
merge patches. So the two never own the same field: an apply never resets what the scaler or a stop
wrote, and drops what a new definition no longer has.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gateway.management import problems
from gateway.management.access.caller import ADMIN, Caller, may_change, owned, still_owned
from gateway.management.objects import render
from gateway.management.objects.policy import DEFAULT
from gateway.management.store.catalog import NS, Catalog, Entry
from gateway.management.store.volumes import Volumes, left_behind
from shared.kube.errors import AlreadyExists, Conflict, KubeError, NotFound
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, SECRETS, SERVICES
from shared.service import names
from shared.service.model import ADMINISTRATOR
from shared.service.objects import wanted_replicas
from shared.service.stored import StoredError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from gateway.management.objects.policy import Policy
    from shared.kube.client import KubeClient
    from shared.service.model import Service
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

RESOURCES: Final = {"Deployment": DEPLOYMENTS, "Service": SERVICES, "Secret": SECRETS}
ATTEMPTS: Final = 5
"""Times a stop or start is tried while the scaler writes the same Deployment."""
UNDO: Final = 15.0
"""Seconds that undoing a failed create or replace may take."""


class Lifecycle:
    """One change at a time a service; raises `RefusalError` and `KubeError`."""

    def __init__(
        self,
        kube: KubeClient,
        new_token: Callable[[], str] = lambda: secrets.token_hex(32),
        policy: Policy = DEFAULT,
    ) -> None:
        self._kube = kube
        self._policy = policy
        self._volumes = Volumes(kube, policy)
        self._catalog = Catalog(kube)
        self._new_token = new_token
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    async def create(self, service: Service) -> tuple[str, ...]:
        """A new service; what is to be said of its volume. One that an earlier create left
        unfinished is completed."""
        async with self._alone(service.name, "created"):
            notes = await self._approved(service)
            token = self._new_token()
            root = render.configmap(service, token)
            try:
                owner = await self._kube.create(CONFIGMAPS, root, NS)
            except AlreadyExists:
                if await self._finished(service):
                    raise problems.taken() from None
                owner = await self._kube.apply(CONFIGMAPS, root, NS)
            try:
                await self._apply_dependents(service, token, owner)
            except BaseException:  # a cancelled request leaves no half service either
                await self._undo(self._delete(service.name, owner["metadata"]["uid"]))
                raise
            return notes

    async def replace(self, service: Service, caller: Caller = ADMIN) -> tuple[str, ...]:
        """A new definition for a service; its token, owner, size and whether it is stopped stay.

        Answers what is to be said of its volume.
        """
        async with self._alone(service.name, "replaced"):
            configmap = await self._catalog.configmap(service.name)
            if configmap is None:
                raise problems.not_found()
            old = await self._readable(service.name)
            service = _inherited(service, old, caller)
            notes = await self._volumes.check(service, old.service.volume if old else None)
            token = await self._catalog.token(service.name) or self._new_token()
            kept = await self._catalog.environment_secrets(service.name)
            try:
                await self._apply(_with_secrets(service, kept), token)
            except BaseException:
                if old is not None:
                    await self._undo(self._apply(_with_secrets(old.service, kept), token))
                raise
            return notes

    async def delete(self, name: str) -> tuple[str, ...]:
        """The service with all that belongs to it; what is to be said of a volume that stays."""
        async with self._alone(name, "deleted"):
            configmap = await self._catalog.configmap(name)
            if configmap is None:
                raise problems.not_found()
            await self._delete(name, configmap["metadata"]["uid"])
            return left_behind(configmap)

    async def stop(self, name: str) -> Obj:
        """No pods until `start`; the gateway is told first, so that it refuses at once."""
        async with self._alone(name, "stopped"):
            await self._exposed(name)
            await self._mark(name, stopped=True)
            return await self._change(name, _stopped)

    async def start(self, name: str) -> Obj:
        """As many pods as before the stop."""
        async with self._alone(name, "started"):
            stored = await self._exposed(name)
            least = stored.service.expose.min_scale if stored.service.expose else 1
            deployment = await self._change(name, lambda now: _started(now, least))
            await self._mark(name, stopped=False)
            return deployment

    async def restart(self, name: str, at: str) -> Obj:
        """New pods one after another; `at` is RFC 3339."""
        async with self._alone(name, "restarted"):
            await self._exposed(name)
            annotations = {names.RESTARTED_AT: at}
            template = {"metadata": {"annotations": annotations}}
            return await self._change(name, lambda _: {"spec": {"template": template}})

    async def _apply(self, service: Service, token: str) -> None:
        owner = await self._kube.apply(CONFIGMAPS, render.configmap(service, token), NS)
        await self._apply_dependents(service, token, owner)
        for kind, name in render.superfluous(service):
            await self._remove(kind, name)
        if service.expose is None:
            await self._mark(service.name, stopped=None)

    async def _apply_dependents(self, service: Service, token: str, owner: Obj) -> None:
        running = service.expose and await self._catalog.deployment(service.name)
        uid = owner["metadata"]["uid"]
        async with self._volumes.ensured(service, uid):
            for obj in render.dependents(service, token, uid, self._policy):
                await self._kube.apply(RESOURCES[obj["kind"]], obj, NS)
            if service.expose and running is None and service.expose.min_scale != 1:
                body = {"spec": {"replicas": service.expose.min_scale}}
                await self._kube.patch(DEPLOYMENTS, names.deployment(service.name), body, NS)

    async def _approved(self, service: Service) -> tuple[str, ...]:
        """What is to be said of the volume of a new service. RefusalError, of a name that is taken
        before anything else."""
        taken = service.volume and await self._catalog.configmap(service.name)
        if taken and await self._finished(service):
            raise problems.taken()
        return await self._volumes.check(service)

    async def _finished(self, new: Service) -> bool:
        """Whether the service has all it needs; yes, too, if the name is taken by what is none, or
        by somebody else."""
        name = new.name
        configmap = await self._catalog.configmap(name)
        if configmap is None:
            return True
        stored = await self._readable(name)
        if (stored.service.owner if stored else ADMINISTRATOR) != new.owner:
            return True
        if stored is None or not stored.token:
            return False
        exposed = stored.service.expose is not None
        return not exposed or await self._catalog.deployment(name) is not None

    async def _readable(self, name: str) -> Entry | None:
        try:
            return await self._catalog.find(name)
        except StoredError:
            return None

    async def _exposed(self, name: str) -> Entry:
        stored = await self._catalog.find(name)
        if stored is None:
            raise problems.not_found()
        if stored.service.expose is None:
            raise problems.not_exposed(name)
        return stored

    async def _mark(self, name: str, *, stopped: bool | None) -> None:
        value = None if stopped is None else str(stopped).lower()
        body = {"metadata": {"annotations": {names.STOPPED: value}}}
        await self._kube.patch(CONFIGMAPS, name, body, NS)

    async def _change(self, name: str, patch: Callable[[Obj], Obj]) -> Obj:
        """Patch the Deployment by what `patch` makes of it as it is now."""
        for attempt in range(ATTEMPTS):
            deployment = await self._catalog.deployment(name)
            if deployment is None:
                raise problems.RefusalError(
                    409, f'service "{name}" has no Deployment; apply its definition again'
                )
            body = patch(deployment)
            version = deployment["metadata"]["resourceVersion"]
            body.setdefault("metadata", {})["resourceVersion"] = version
            try:
                return await self._kube.patch(DEPLOYMENTS, names.deployment(name), body, NS)
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _delete(self, name: str, uid: str) -> None:
        try:
            await self._kube.delete(CONFIGMAPS, name, NS, uid=uid)
        except NotFound:
            log.info("ConfigMap %s was gone already", name)

    async def _remove(self, kind: str, name: str) -> None:
        try:
            await self._kube.delete(RESOURCES[kind], name, NS)
        except NotFound:
            return

    async def _undo(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(UNDO):
                await work
        except (KubeError, TimeoutError) as error:
            log.error("could not undo a failed change: %s; apply or delete the service", error)

    @asynccontextmanager
    async def _alone(self, name: str, done: str) -> AsyncIterator[None]:
        """The right to change service `name`; a change that succeeds is logged as `done`."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._users[name] += 1
        try:
            async with lock:
                yield
                log.info("service %s %s", name, done)
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name], self._locks[name]


def _inherited(service: Service, old: Entry | None, caller: Caller) -> Service:
    """`service` with the owner of `old`, None if that cannot be read; RefusalError 403."""
    if old is not None and may_change(caller, old.service):
        return still_owned(service, old.service)
    if old is None and caller.admin:
        return owned(service, caller)
    raise problems.forbidden(caller.name, "change")


def _with_secrets(service: Service, known: dict[str, str]) -> Service:
    """Secrets are answered blank, so a blank one that comes back means: as it is."""
    values = {
        key: value or known.get(key, "") for key, value in service.environment.secrets.items()
    }
    return replace(service, environment=replace(service.environment, secrets=values))


def _stopped(deployment: Obj) -> Obj:
    replicas = wanted_replicas(deployment)
    annotations = {names.STOPPED: "true"}
    if replicas > 0:
        annotations[names.PREVIOUS_REPLICAS] = str(replicas)
    return {"metadata": {"annotations": annotations}, "spec": {"replicas": 0}}


def _started(deployment: Obj, least: int) -> Obj:
    annotations = deployment["metadata"].get("annotations") or {}
    previous = annotations.get(names.PREVIOUS_REPLICAS, "")
    before = int(previous) if previous.isascii() and previous.isdigit() else 0
    replicas = wanted_replicas(deployment) or before or least or 1
    return {
        "metadata": {"annotations": {names.STOPPED: "false"}},
        "spec": {"replicas": replicas},
    }
