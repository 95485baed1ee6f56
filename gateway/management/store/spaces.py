"""The namespaces that services stand in: which there are, which has a name, and that of an owner.

For `tenants` and the calls. With one namespace for all it asks the cluster nothing. With one for
each owner it makes those, with the rights that services API and scaler need there; they stay when
they are empty, as OSCAR's do.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from gateway.management import problems
from gateway.management.store.catalog import Catalog
from shared.kube.errors import AlreadyExists, NotFound
from shared.kube.resources import CONFIGMAPS, NAMESPACES, ROLE_BINDINGS
from shared.service import names, spaces
from shared.service.objects import labels_of

if TYPE_CHECKING:
    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

ACCOUNTS: Final = ("management", "scaler")
"""Service accounts that have rights in a namespace, by the ClusterRole `oscar-tenant-<account>`."""
SECURITY: Final = "pod-security.kubernetes.io/"
"""Labels that an owner's namespace has from the administrator's."""
ALL: Final = spaces.Spaces()


class Spaces:
    """Every method may raise `KubeError`."""

    def __init__(self, kube: KubeClient, rule: spaces.Spaces = ALL) -> None:
        self._kube = kube
        self.rule = rule
        self._bound: set[str] = {rule.main}

    async def of(self, name: str) -> str:
        """The namespace of service `name`; the administrator's if there is no such service."""
        return await self.find(name) or self.rule.main

    async def find(self, name: str) -> str:
        """The namespace of service `name`, empty if there is none; of several the oldest counts.

        With one namespace for all it is that, without asking.
        """
        if not self.rule.per_owner:
            return self.rule.main
        listed = await self._kube.list(CONFIGMAPS, labels=f"{names.SERVICE_LABEL}={name}")
        found = [one for one in listed["items"] if self._is_service(one, name)]
        return str(min(found, key=_age)["metadata"]["namespace"]) if found else ""

    async def catalog(self, name: str) -> Catalog:
        """What is known where service `name` stands."""
        return Catalog(self._kube, await self.of(name))

    async def all(self) -> tuple[str, ...]:
        """All namespaces, the administrator's first."""
        if not self.rule.per_owner:
            return (self.rule.main,)
        listed = await self._kube.list(NAMESPACES, labels=spaces.OWNER_HASH)
        found = (one["metadata"]["name"] for one in listed["items"] if not _goes(one))
        return (self.rule.main, *sorted(name for name in found if self.rule.has(name)))

    async def owned(self, owner: str) -> str:
        """The namespace for new services of `owner`, which is made if need be."""
        if not self.rule.per_owner:
            return self.rule.main
        for name in spaces.candidates(owner, self.rule.main):
            if name == self.rule.main or await self._is_made(name, owner):
                await self.bind(name)
                return name
        raise problems.RefusalError(
            409, f"the namespaces of {owner} are taken by others; an administrator must make room"
        )

    async def bind(self, namespace: str) -> None:
        """Give services API and scaler their rights there, once a process."""
        if namespace in self._bound:
            return
        for account in ACCOUNTS:
            try:
                await self._kube.create(ROLE_BINDINGS, _binding(account, namespace), namespace)
            except AlreadyExists:
                continue
        self._bound.add(namespace)

    def forget(self, namespace: str) -> None:
        """The rights there were refused: bind them anew the next time."""
        self._bound -= {namespace} - {self.rule.main}

    def _is_service(self, configmap: Obj, name: str) -> bool:
        metadata = configmap["metadata"]
        return metadata["name"] == name and self.rule.has(metadata["namespace"])

    async def _is_made(self, name: str, owner: str) -> bool:
        """Whether the namespace is there and the owner's; RefusalError 503 while it goes."""
        try:
            found = await self._kube.get(NAMESPACES, name)
        except NotFound:
            try:
                found = await self._kube.create(NAMESPACES, await self._new(name, owner))
                self._bound.discard(name)  # one of that name may have been there before
                log.info("namespace %s made for the services of an owner", name)
            except AlreadyExists:
                found = await self._kube.get(NAMESPACES, name)
        if labels_of(found).get(spaces.OWNER_HASH) != spaces.hashed(owner):
            return False
        if _goes(found):
            raise problems.RefusalError(503, f"namespace {name} is being deleted; try again")
        return True

    async def _new(self, name: str, owner: str) -> Obj:
        main = await self._kube.get(NAMESPACES, self.rule.main)
        security = {key: text for key, text in labels_of(main).items() if key.startswith(SECURITY)}
        return {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {
                    **security,
                    "app.kubernetes.io/managed-by": "exposed-services",
                    spaces.OWNER_HASH: spaces.hashed(owner),
                },
                "annotations": {spaces.OWNER: owner},
            },
        }


def _age(obj: Obj) -> tuple[str, str]:
    """Sorts the oldest to the front, those of one second by namespace."""
    metadata = obj["metadata"]
    return str(metadata["creationTimestamp"]), metadata["namespace"]


def _goes(obj: Obj) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def _binding(account: str, namespace: str) -> Obj:
    group = "rbac.authorization.k8s.io"
    role = {"apiGroup": group, "kind": "ClusterRole", "name": f"oscar-tenant-{account}"}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": names.SYSTEM_NAMESPACE}
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": account, "namespace": namespace},
        "roleRef": role,
        "subjects": [subject],
    }
