"""API discovery: which groups, versions and resources the server has, in both forms. Pure.

The unaggregated form is one document for each group and version; the aggregated one
(apidiscovery.k8s.io/v2) tells all at once and spares kubectl a dozen requests. The kinds are an
argument. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.embedded.kinds import Kind, Subresource
    from shared.service.objects import Obj

AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""The media type of the aggregated form, as a request accepts it and as the answer declares it."""


def legacy_groups(address: str) -> Obj:
    """GET /api: the versions of the core group, served at `address` (host:port)."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list(kinds: Sequence[Kind]) -> Obj:
    """GET /apis: every named group."""
    names = dict.fromkeys(kind.group for kind in kinds if kind.group)
    groups = [_group(kinds, name) for name in names]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(kinds: Sequence[Kind], name: str) -> Obj | None:
    """GET /apis/<name>: the versions of one group, the preferred one first; None if unknown."""
    if not name or all(kind.group != name for kind in kinds):
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(kinds, name)}


def resource_list(kinds: Sequence[Kind], group: str, version: str) -> Obj | None:
    """GET /api/v1 and /apis/<group>/<version>: resources and subresources; None if unknown."""
    served = _served(kinds, group, version)
    if not served:
        return None
    return {
        "kind": "APIResourceList",
        **({"apiVersion": "v1"} if group else {}),
        "groupVersion": served[0].api_version,
        "resources": [entry for kind in served for entry in _resources(kind)],
    }


def root(kinds: Sequence[Kind], more: Iterable[str]) -> Obj:
    """GET /: every path that a client may start from; `more` are those of no kind."""
    groups = {"/apis/" + kind.group for kind in kinds if kind.group}
    versions = {f"/apis/{kind.api_version}" if kind.group else "/api/v1" for kind in kinds}
    return {"paths": sorted({"/api", "/apis", "/apis/", *groups, *versions, *more})}


def aggregated(kinds: Sequence[Kind], *, core: bool) -> Obj:
    """GET /api (`core`) or /apis in the aggregated form."""
    names = dict.fromkeys(kind.group for kind in kinds if bool(kind.group) is not core)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_group_discovery(kinds, name) for name in names],
    }


def _served(kinds: Iterable[Kind], group: str, version: str) -> list[Kind]:
    """The kinds of a version, by name."""
    found = (kind for kind in kinds if (kind.group, kind.version) == (group, version))
    return sorted(found, key=lambda kind: kind.plural)


def _subresources(kind: Kind) -> list[Subresource]:
    return sorted(kind.subresources, key=lambda sub: sub.name)


def _versions(kinds: Iterable[Kind], name: str) -> list[str]:
    return list(dict.fromkeys(kind.version for kind in kinds if kind.group == name))


def _group(kinds: Iterable[Kind], name: str) -> Obj:
    versions = [
        {"groupVersion": f"{name}/{version}", "version": version}
        for version in _versions(kinds, name)
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(kind: Kind) -> Iterable[Obj]:
    yield {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
        **_names(kind),
        **_storage(kind),
    }
    for sub in _subresources(kind):
        foreign = {"group": sub.group, "version": sub.version} if sub.version else {}
        yield {
            "name": f"{kind.plural}/{sub.name}",
            "singularName": "",
            "namespaced": kind.namespaced,
            **foreign,
            "kind": sub.kind or kind.kind,
            "verbs": list(sub.verbs),
        }


def _group_discovery(kinds: Sequence[Kind], name: str) -> Obj:
    return {
        "metadata": {"name": name} if name else {},
        "versions": [
            {
                "version": version,
                "resources": [_resource_discovery(kind) for kind in _served(kinds, name, version)],
                "freshness": "Current",
            }
            for version in _versions(kinds, name)
        ],
    }


def _resource_discovery(kind: Kind) -> Obj:
    """Of a kind; an empty group and version are those under which it stands."""
    subresources = [_subresource_discovery(kind, sub) for sub in _subresources(kind)]
    return {
        "resource": kind.plural,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
        **_names(kind),
        **({"subresources": subresources} if subresources else {}),
    }


def _subresource_discovery(kind: Kind, sub: Subresource) -> Obj:
    return {
        "subresource": sub.name,
        "responseKind": {
            "group": sub.group, "version": sub.version, "kind": sub.kind or kind.kind,
        },
        "verbs": list(sub.verbs),
    }  # fmt: skip


def _storage(kind: Kind) -> Obj:
    """By what a client sees that a kind is stored in another version than before."""
    if kind.source != "store":
        return {}
    stored = f"{kind.hub.group}/{kind.hub.version}/{kind.kind}"
    digest = hashlib.sha256(stored.encode()).digest()[:8]
    return {"storageVersionHash": base64.b64encode(digest).decode()}


def _names(kind: Kind) -> Obj:
    names = {"shortNames": list(kind.short_names), "categories": list(kind.categories)}
    return {key: value for key, value in names.items() if value}
