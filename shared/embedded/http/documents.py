"""Paths that name no object: version, discovery, OpenAPI. Pure.

Called by the server for all that `target` does not read as a resource.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.embedded.declarations import KINDS
from shared.embedded.http import health, media
from shared.embedded.schema import discovery, openapi

if TYPE_CHECKING:
    from shared.embedded.schema.openapi import Describe
    from shared.service.objects import Obj

VERSION: Final = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "$Format:%H$",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.27.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}
"""The release whose API is followed; clients choose what they send by it."""


def find(
    path: str, address: str, accept: str, describe: Describe | None = None
) -> tuple[str, Obj | bytes] | None:
    """(media type, document) at `path`, or None. `address` is the server's host:port.

    describe: the descriptions of fields that `kubectl explain` shows.
    """
    if path in ("/version", "/version/"):
        return media.JSON, VERSION
    if path == "/openapi/v2":
        return _v2(accept)
    if path in ("/api", "/apis") and _wants_aggregated(accept):
        return discovery.AGGREGATED, discovery.aggregated(KINDS, core=path == "/api")
    document = _plain(path, address, describe)
    return (media.JSON, document) if document is not None else None


def _v2(accept: str) -> tuple[str, Obj | bytes]:
    """As protobuf for who asks for it, as kubectl does; aggregators read JSON."""
    if "proto-openapi.spec.v2" in accept:
        return openapi.V2_MEDIA_TYPE, openapi.V2
    return media.JSON, openapi.V2_DOCUMENT


def _plain(path: str, address: str, describe: Describe | None) -> Obj | bytes | None:
    match path.strip("/").split("/"):
        case [""]:
            return discovery.root(KINDS, (*health.PATHS, "/openapi/v2", "/openapi/v3", "/version"))
        case ["api"]:
            return discovery.legacy_groups(address)
        case ["apis"]:
            return discovery.group_list(KINDS)
        case ["api", version]:
            return discovery.resource_list(KINDS, "", version)
        case ["apis", group]:
            return discovery.group(KINDS, group)
        case ["apis", group, version]:
            return discovery.resource_list(KINDS, group, version)
        case ["openapi", "v3"]:
            return _index()
        case ["openapi", "v3", "api", version]:
            return _described("", version, describe)
        case ["openapi", "v3", "apis", group, version]:
            return _described(group, version, describe)
    return None


@cache
def _described(group: str, version: str, describe: Describe | None) -> bytes | None:
    """Made once, for it is large."""
    document = openapi.v3(KINDS, group, version, describe)
    return None if document is None else orjson.dumps(document)


@cache
def _index() -> Obj:
    """Made once: each link in it has the digest of a whole document."""
    return openapi.v3_index(KINDS)


def _wants_aggregated(accept: str) -> bool:
    wanted: dict[str, Any] = {"g": "apidiscovery.k8s.io", "v": "v2", "as": "APIGroupDiscoveryList"}
    return any(
        wanted.items() <= each.parameters.items()
        for each in media.ranges(accept)
        if each.media_type == media.JSON
    )
