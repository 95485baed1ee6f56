"""Services as the cluster holds them: read from ConfigMaps, Secrets and Deployments.

The reading side of the services API, for `handlers` and `lifecycle`; it writes nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gateway.management.objects.kept import stated_token, texts
from shared.kube.errors import NotFound
from shared.kube.resources import CLAIMS, CONFIGMAPS, DEPLOYMENTS, SECRETS, SERVICES
from shared.service import names, oscar, stored
from shared.service.objects import labels_of
from shared.service.workload import Workload, workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.service.model import Service
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

NS: Final = names.NAMESPACE


@dataclass(frozen=True, slots=True)
class Entry:
    """A service with its token ("" while it is missing) and the digest its ConfigMap states."""

    service: Service
    token: str
    digest: bytes
    namespace: str = NS


class Catalog:
    """Reads one namespace; every method may raise `KubeError`."""

    def __init__(self, kube: KubeClient, namespace: str = NS) -> None:
        self._kube = kube
        self.namespace = namespace

    async def find(self, name: str) -> Entry | None:
        """The service, or None; `StoredError` if its ConfigMap is not as it must be."""
        configmap = await self.configmap(name)
        if configmap is None:
            return None
        return _entry(configmap, await self.token(name))

    async def workload(self, name: str) -> Workload:
        """The Deployment of the service, ours or the one that an OSCAR manager made."""
        candidates = (names.deployment(name), oscar.deployment(name))
        found = {each: await self._optional(DEPLOYMENTS, each) for each in candidates}
        return workload(name, found.get)

    async def definition(self, name: str) -> Service | None:
        """The service without its script, or None; `StoredError` as `find`."""
        configmap = await self.configmap(name)
        return stored.read(configmap).definition if configmap is not None else None

    async def configmap(self, name: str) -> Obj | None:
        """The ConfigMap of the service; None too if one of that name is no service's."""
        configmap = await self._optional(CONFIGMAPS, name)
        return configmap if configmap is not None and stored.is_labelled(configmap) else None

    async def all(self) -> list[Entry]:
        """All services by name; those that cannot be read are left out and logged."""
        listed = await self._kube.list(CONFIGMAPS, self.namespace, labels=names.SERVICE_LABEL)
        secrets = await self._kube.list(SECRETS, self.namespace, labels=names.SERVICE_LABEL)
        token_of = {
            _label(one): stated_token(one)
            for one in secrets["items"]
            if one["metadata"]["name"] == names.token_secret(_label(one))
        }
        found = []
        for configmap in listed["items"]:
            try:
                token = token_of.get(configmap["metadata"]["name"], "")
                found.append(_entry(configmap, token))
            except stored.StoredError as error:
                log.warning("%s", error)
        return sorted(found, key=lambda one: one.service.name)

    async def deployment(self, name: str) -> Obj | None:
        """The Deployment of the service, or None."""
        ours = await self._optional(DEPLOYMENTS, names.deployment(name))
        return ours or (await self.workload(name)).deployment

    async def deployments(self) -> dict[str, Obj]:
        """Deployments by service."""
        listed = await self._kube.list(DEPLOYMENTS, self.namespace)
        found = {one["metadata"]["name"]: one for one in listed["items"]}
        ours, managers = names.deployment(""), oscar.deployment("")
        services = {each.removesuffix(ours).removesuffix(managers) for each in found}
        works = {each: workload(each, found.get).deployment for each in services}
        return {each: one for each, one in works.items() if one is not None}

    async def claim(self, name: str) -> Obj | None:
        """The PersistentVolumeClaim of that name, whoever made it, or None."""
        return await self._optional(CLAIMS, name)

    async def claims(self, services: Iterable[Service]) -> dict[str, Obj]:
        """PersistentVolumeClaims by name; none if none of `services` has a volume."""
        if all(service.volume is None for service in services):
            return {}
        listed = await self._kube.list(CLAIMS, self.namespace)
        return {one["metadata"]["name"]: one for one in listed["items"]}

    async def missing(self, name: str) -> tuple[str, ...]:
        """Objects without which nobody reaches the pods of an exposed service, and which are not
        there, as "Service x-svc"."""
        place = names.service(name)
        found = await self._optional(SERVICES, place)
        return () if found is not None else (f"Service {place}",)

    async def reached(self) -> set[str]:
        """The services that have their Kubernetes Service."""
        listed = await self._kube.list(SERVICES, self.namespace)  # a manager's have no labels
        placed = {one["metadata"]["name"] for one in listed["items"]}
        stems = {place.removesuffix(names.service("")) for place in placed}
        return {name for name in stems if names.service(name) in placed}

    async def token(self, name: str) -> str:
        """The token, "" if its Secret is missing."""
        secret = await self._optional(SECRETS, names.token_secret(name))
        # an OSCAR manager gives the environment of a service `a-token` the name of our token of `a`
        return stated_token(secret) if secret and _label(secret) == name else ""

    async def is_free(self, resource: Resource, name: str, service: str) -> bool:
        """Whether nobody but `service` has an object called `name`."""
        found = await self._optional(resource, name)
        return found is None or _label(found) == service

    async def managers_secrets(self, name: str) -> dict[str, str]:
        """The values of `environment.secrets`, as an OSCAR manager keeps them."""
        secret = await self._optional(SECRETS, oscar.environment_secret(name))
        return texts(secret) if secret and _label(secret) in ("", name) else {}

    async def _optional(self, resource: Resource, name: str) -> Obj | None:
        try:
            return await self._kube.get(resource, name, self.namespace)
        except NotFound:
            return None


def _entry(configmap: Obj, token: str) -> Entry:
    found = stored.read(configmap)
    service = replace(found.definition, script=found.script)
    place: str = configmap["metadata"]["namespace"]
    return Entry(service, token or oscar.token(configmap), found.digest, place)


def _label(obj: Obj) -> str:
    return labels_of(obj).get(names.SERVICE_LABEL, "")
