"""Which rights the manifests grant, and which of them were not used. Pure, but for `install`."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from shared.kube.client import KubeClient
from shared.kube.resources import NAMESPACES, ROLE_BINDINGS, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from shared.service.objects import Obj
    from tests.manifests.conftest import Request

ACCOUNTS = ("gateway", "management", "scaler")
SYSTEM = "oscar"

_GROUP = "rbac.authorization.k8s.io"
_CLUSTER_BINDINGS = Resource(
    _GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
RESOURCES = {
    "Namespace": NAMESPACES,
    "ServiceAccount": Resource("", "v1", "serviceaccounts", "ServiceAccount"),
    "Role": Resource(_GROUP, "v1", "roles", "Role"),
    "ClusterRole": Resource(_GROUP, "v1", "clusterroles", "ClusterRole", namespaced=False),
    "RoleBinding": ROLE_BINDINGS,
    "ClusterRoleBinding": _CLUSTER_BINDINGS,
}
"""In the order in which they are made."""


class Grant(NamedTuple):
    """One thing that an account may do; an empty namespace or name stands for all."""

    namespace: str
    verb: str
    group: str
    resource: str
    name: str = ""

    def covers(self, asked: Request) -> bool:
        return (
            (self.verb, self.group, self.resource) == (asked.verb, asked.group, asked.resource)
            and self.namespace in ("", asked.namespace)
            and self.name in ("", asked.name)
        )


def grants(objects: Iterable[Obj], account: str) -> list[Grant]:
    """What the Roles and ClusterRoles allow the account where they are bound to it."""
    everything = list(objects)
    roles = {_place(each): each for each in everything if each["kind"] in ("Role", "ClusterRole")}
    found = []
    for binding in everything:
        if _is_bound(binding, account):
            namespace = binding["metadata"].get("namespace", "")
            reference = binding["roleRef"]
            role = roles[reference["kind"], namespace * (reference["kind"] == "Role"),
                         reference["name"]]  # fmt: skip
            found += [Grant(namespace, *each) for each in _atoms(role)]
    return found


def unused(given: list[Grant], asked: set[Request]) -> list[Grant]:
    """The grants of which nothing was that was asked."""
    return [grant for grant in given if not any(grant.covers(each) for each in asked)]


async def install(home: Path, objects: Iterable[Obj]) -> None:
    """Make `objects` all the rights that our accounts have in the embedded cluster of `home`."""
    kubeconfig = str(home / "kubeconfig")
    async with KubeClient.open(field_manager="kubectl", kubeconfig=kubeconfig) as kube:
        for obj in await present(kube):
            if obj["kind"].endswith("Binding") and any(_is_bound(obj, one) for one in ACCOUNTS):
                metadata = obj["metadata"]
                resource = RESOURCES[obj["kind"]]
                await kube.delete(resource, metadata["name"], metadata.get("namespace"))
        wanted = [each for each in objects if each["kind"] in RESOURCES]
        for obj in sorted(wanted, key=lambda each: list(RESOURCES).index(each["kind"])):
            await kube.apply(RESOURCES[obj["kind"]], obj, obj["metadata"].get("namespace"))


async def present(kube: KubeClient) -> list[Obj]:
    """The Roles and bindings that there are."""
    kinds = [kind for kind in RESOURCES if kind.endswith(("Role", "Binding"))]
    listed = {kind: (await kube.list(RESOURCES[kind]))["items"] for kind in kinds}
    return [{**each, "kind": kind} for kind, items in listed.items() for each in items]


def _atoms(role: Obj) -> Iterator[tuple[str, str, str, str]]:
    for rule in role.get("rules") or ():
        names = rule.get("resourceNames") or [""]
        yield from product(rule["verbs"], rule["apiGroups"], rule["resources"], names)


def _is_bound(obj: Obj, account: str) -> bool:
    subject = {"kind": "ServiceAccount", "name": account, "namespace": SYSTEM}
    return any(subject.items() <= each.items() for each in obj.get("subjects") or ())


def _place(obj: Obj) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def told(found: Mapping[str, list[Grant]]) -> str:
    """The grants of accounts, a line each."""
    return "\n".join(f"{account}: {grant}" for account, all_ in found.items() for grant in all_)
