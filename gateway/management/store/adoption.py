"""Takes a service over from an OSCAR manager, or removes it with all that the manager made of it.

`lifecycle` calls it, which lets one write at a time at a service; what is to be done and in which
order, `objects.adoption` says. Whatever it does may be cut off anywhere: done again, it goes on.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gateway.management import problems
from gateway.management.objects import adoption
from gateway.management.objects.pieces import pieces
from gateway.management.store.adopting import RESOURCES, Adopting, delete, replicasets
from gateway.management.store.catalog import NS
from shared.kube.errors import Forbidden, NotFound
from shared.kube.resources import DEPLOYMENTS, SECRETS, SERVICES
from shared.service import names, oscar, stored
from shared.service.model import Service
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.management.objects.adoption import Found, Options, Step
    from gateway.management.objects.pieces import Piece, Use
    from gateway.management.store.catalog import Catalog
    from gateway.management.store.settling import Settler
    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

RIGHTS: Final = "kubectl apply -k manifests/adoption"


@value
class Adopted:
    """What was done, or would be."""

    steps: tuple[Step, ...]
    left: tuple[str, ...]
    """What of the manager's stays, and how it goes."""


class Adoption:
    """Every method may raise `RefusalError`, `StoredError` and `KubeError`."""

    def __init__(
        self,
        kube: KubeClient,
        catalog: Catalog,
        settler: Settler,
        new_token: Callable[[], str],
    ) -> None:
        self._kube = kube
        self._catalog = catalog
        self._settler = settler
        self._new_token = new_token

    async def adopt(self, name: str, options: Options, *, dry_run: bool = False) -> Adopted:
        """Take a service over; with `dry_run`, only say how. What an adoption that was cut off was
        to remove is removed too."""
        configmap, entry = await self._catalog.configmap(name), await self._catalog.find(name)
        if configmap is None or entry is None:
            raise problems.not_found()
        options |= adoption.asked(adoption.mark(configmap) or "")
        service, token = await self._whole(configmap, entry.service), entry.token
        found = await self._look(configmap, service, options.removes)
        told = [*adoption.obstacles(found), *await self._taken(service)]
        if told:
            raise problems.RefusalError(409, f'service "{name}" stays as it is: ' + "; ".join(told))
        steps = adoption.plan(found, options)
        if not dry_run:
            token = token or self._new_token()
            adopting = Adopting(self._kube, self._settler, found, token, options)
            await adopting.carry_out(steps)
        return Adopted(steps, tuple(adoption.left(found, options)))

    async def finish(self, configmap: Obj | None) -> bool:
        """Go on with the adoption under way; whether one was."""
        mark = adoption.mark(configmap)
        if configmap is None or mark is None:
            return False
        name = configmap["metadata"]["name"]
        log.warning("service %s: an adoption was cut off and is gone on with", name)
        await self.adopt(name, adoption.asked(mark))
        return True

    async def remove(self, configmap: Obj) -> None:
        """All that the manager made but the ConfigMap, which names it all and so goes last."""
        name = configmap["metadata"]["name"]
        try:
            service = stored.read(configmap).definition
        except stored.StoredError:  # so that it can be deleted at all
            service = Service(name=name, image="", script="")
        found = await self._look(configmap, service, lambda _: True)
        for piece in found.pieces:
            await delete(self._kube, RESOURCES[piece.kind], piece.name)
        if found.work.managers:
            await delete(self._kube, DEPLOYMENTS, oscar.deployment(name))
            await delete(self._kube, SERVICES, names.service(name))

    async def _whole(self, configmap: Obj, service: Service) -> Service:
        """The service with the values of its secrets, while the manager keeps them."""
        if not oscar.wrote(configmap):
            return service
        known = await self._catalog.managers_secrets(service.name)
        values = {key: known.get(key, "") for key in service.environment.secrets}
        return replace(service, environment=replace(service.environment, secrets=values))

    async def _taken(self, service: Service) -> list[str]:
        """Which of the Secrets to be written are somebody else's."""
        wanted = [names.token_secret(service.name)]
        if service.environment.secrets:
            wanted.append(names.environment_secret(service.name))
        return [
            f"Secret {each} is not its own; delete the service that it belongs to"
            for each in wanted
            if not await self._catalog.is_free(SECRETS, each, service.name)
        ]

    async def _look(
        self, configmap: Obj, service: Service, demanded: Callable[[Use], bool]
    ) -> Found:
        """What there is; RefusalError 403 without the rights to see what is `demanded`."""
        there: list[Piece] = []
        hidden: list[tuple[Piece, str]] = []
        for piece in pieces(service):
            try:
                if await self._is_there(piece):
                    there.append(piece)
            except Forbidden as error:
                text = f"{error.message}; the rights: {RIGHTS}"
                if demanded(piece.use):
                    raise problems.RefusalError(403, text) from error
                hidden.append((piece, text))
        sets = await replicasets(self._kube, service.name)
        work = await self._catalog.workload(service.name)
        return adoption.Found(service, configmap, work, sets, there, hidden)

    async def _is_there(self, piece: Piece) -> bool:
        """Whether there is one, and it is what its name says."""
        try:
            return piece.belongs(await self._kube.get(RESOURCES[piece.kind], piece.name, NS))
        except NotFound:  # also where nobody knows such a kind
            return False
