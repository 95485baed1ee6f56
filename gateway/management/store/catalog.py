"""Services as the cluster holds them: read from ConfigMaps, Secrets and Deployments.

The reading side of the services API, for `handlers` and `lifecycle`; it writes nothing.
"""

from __future__ import annotations

import base64
import binascii
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from shared.kube.errors import NotFound
from shared.kube.resources import CLAIMS, CONFIGMAPS, DEPLOYMENTS, SECRETS, SERVICES
from shared.service import names, stored

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


class Catalog:
    """Reads; every method may raise `KubeError`."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube

    async def find(self, name: str) -> Entry | None:
        """The service, or None; `StoredError` if its ConfigMap is not as it must be."""
        configmap = await self.configmap(name)
        if configmap is None:
            return None
        return _entry(configmap, await self.token(name))

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
        listed = await self._kube.list(CONFIGMAPS, NS, labels=names.SERVICE_LABEL)
        secrets = await self._kube.list(SECRETS, NS, labels=names.SERVICE_LABEL)
        token_of = {one["metadata"]["name"]: _token(one) for one in secrets["items"]}
        found = []
        for configmap in listed["items"]:
            secret = names.token_secret(configmap["metadata"]["name"])
            try:
                found.append(_entry(configmap, token_of.get(secret, "")))
            except stored.StoredError as error:
                log.warning("%s", error)
        return sorted(found, key=lambda one: one.service.name)

    async def deployment(self, name: str) -> Obj | None:
        """The Deployment of the service, or None."""
        return await self._optional(DEPLOYMENTS, names.deployment(name))

    async def deployments(self) -> dict[str, Obj]:
        """Deployments by service."""
        listed = await self._kube.list(DEPLOYMENTS, NS, labels=names.SERVICE_LABEL)
        return {one["metadata"]["labels"][names.SERVICE_LABEL]: one for one in listed["items"]}

    async def claim(self, name: str) -> Obj | None:
        """The PersistentVolumeClaim of that name, whoever made it, or None."""
        return await self._optional(CLAIMS, name)

    async def claims(self, services: Iterable[Service]) -> dict[str, Obj]:
        """PersistentVolumeClaims by name; none if none of `services` has a volume."""
        if all(service.volume is None for service in services):
            return {}
        listed = await self._kube.list(CLAIMS, NS)
        return {one["metadata"]["name"]: one for one in listed["items"]}

    async def missing(self, name: str) -> tuple[str, ...]:
        """Objects without which nobody reaches the pods of an exposed service, and which are not
        there, as "Service x-svc"."""
        place = names.service(name)
        found = await self._optional(SERVICES, place)
        return () if found is not None else (f"Service {place}",)

    async def reached(self) -> set[str]:
        """The services that have their Kubernetes Service."""
        listed = await self._kube.list(SERVICES, NS, labels=names.SERVICE_LABEL)
        placed = ((one["metadata"]["labels"], one["metadata"]["name"]) for one in listed["items"])
        named = ((labels[names.SERVICE_LABEL], place) for labels, place in placed)
        return {name for name, place in named if place == names.service(name)}

    async def token(self, name: str) -> str:
        """The token, "" if its Secret is missing."""
        secret = await self._optional(SECRETS, names.token_secret(name))
        return _token(secret) if secret else ""

    async def _optional(self, resource: Resource, name: str) -> Obj | None:
        try:
            return await self._kube.get(resource, name, NS)
        except NotFound:
            return None


def _entry(configmap: Obj, token: str) -> Entry:
    found = stored.read(configmap)
    return Entry(replace(found.definition, script=found.script), token, found.digest)


def _token(secret: Obj) -> str:
    try:
        data = secret.get("data") or {}
        return base64.b64decode(data.get(names.TOKEN_KEY, ""), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
