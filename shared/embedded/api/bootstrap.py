"""What a new cluster holds before anybody writes to it: namespaces, a StorageClass, and our rights.

The ServiceAccounts, Roles and bindings are those of the manifests that a real cluster is given, so
that a right which is missing there is missing here too. Called once, at the start of the cluster.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from shared.embedded import declarations, kinds
from shared.embedded.access import default_roles
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

MANAGER: Final = "embedded-cluster"
NAMESPACES: Final = (
    *("default", "kube-node-lease", "kube-public", "kube-system"),
    *(names.SYSTEM_NAMESPACE, names.NAMESPACE),
)
STORAGE: Final[Obj] = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard", "annotations": {kinds.DEFAULT_CLASS: "true"}},
    "provisioner": kinds.FOLDERS,
    "allowVolumeExpansion": True,
}
MANIFESTS: Final = Path(__file__).parents[3] / "manifests"
RIGHTS: Final = ("base/*/rbac.yaml", "components/deletion-cost/rbac.yaml")
"""Whose a cluster of one's own machine has; others are applied as to any cluster."""


def bootstrap(api: Api, manifests: Path = MANIFESTS) -> None:
    """Create the namespaces and the StorageClass, and bring the rights to what manifests say."""
    for name in NAMESPACES:
        if api.find(kinds.NAMESPACE, name) is None:
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            api.create(kinds.NAMESPACE, space, manager=MANAGER)
    if api.find(kinds.STORAGE_CLASS, STORAGE["metadata"]["name"]) is None:
        api.create(kinds.STORAGE_CLASS, STORAGE, manager=MANAGER)
    default_rights(api)
    found = list(_rights(manifests))
    if not found:
        log.warning(
            "no rbac.yaml below %s: only the administrator has rights; apply the manifests of the "
            "repository with kubectl",
            manifests,
        )
    for obj in found:
        _apply(api, obj)


def default_rights(api: Api) -> None:
    """Bring the roles that every cluster has, and their bindings, to what they shall be."""
    for obj in default_roles.objects():
        _apply(api, obj)


def _rights(manifests: Path) -> Iterator[Obj]:
    for pattern in RIGHTS:
        for path in sorted(manifests.glob(pattern)):
            yield from (obj for obj in yaml.safe_load_all(path.read_text()) if obj)


def _apply(api: Api, obj: Obj) -> None:
    kind = declarations.of_type(obj["apiVersion"], obj["kind"])
    if kind is None:
        raise ValueError(f"{obj['apiVersion']} {obj['kind']} is not served by this cluster")
    metadata = obj["metadata"]
    api.patch(
        kind, metadata["name"], metadata.get("namespace", ""), obj,
        patch_type="apply", manager=MANAGER, force=True,
    )  # fmt: skip
