"""OpenAPI for kubectl: what `explain` shows, and that the server checks fields itself. Pure.

kubectl looks up a schema by its group, version and kind, and whether PATCH of that kind takes
`fieldValidation` and `dryRun`; with both, the server does the checking. Kubernetes' own kinds are
described whole, by the data of `kubernetes` and descriptions that the caller hands in; of others
only that they are objects. Strategic merge is left out of the request bodies on purpose: `kubectl
apply` then takes the merge keys of lists from its built-in types instead of from these schemas.
https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.embedded.schema import kubernetes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

    Describe = Callable[[str], Mapping[str, str]]

_GVK: Final = "x-kubernetes-group-version-kind"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PATCHES: Final = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
)
_QUERY: Final = ("dryRun", "fieldManager", "fieldValidation", "force")

_REFERENCE: Final = "#/components/schemas/"
_API: Final = "io.k8s.apimachinery.pkg."
_PLAIN: Final[dict[str, Obj]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
    "byte": {"type": "string", "format": "byte"},
    "object": {"type": "object"},
}
_NAMED: Final = {
    "time": f"{_API}apis.meta.v1.Time",
    "micro-time": f"{_API}apis.meta.v1.MicroTime",
    "quantity": f"{_API}api.resource.Quantity",
    "int-or-string": f"{_API}util.intstr.IntOrString",
}
_LEAVES: Final[dict[str, Obj]] = {
    _NAMED["time"]: {"type": "string", "format": "date-time"},
    _NAMED["micro-time"]: {"type": "string", "format": "date-time"},
    _NAMED["quantity"]: {"oneOf": [{"type": "string"}, {"type": "number"}]},
    _NAMED["int-or-string"]: {
        "oneOf": [{"type": "integer"}, {"type": "string"}],
        "format": "int-or-string",
    },
}

V2_DOCUMENT: Final = {
    "swagger": "2.0",
    "info": {"title": "Kubernetes", "version": "embedded"},
    "paths": {},
}
"""GET /openapi/v2 as JSON: a document without definitions."""

V2_MEDIA_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

V2: Final = b"\x0a\x032.0" + b"\x12\x16" + b"\x0a\x0aKubernetes" + b"\x12\x08embedded"
"""The same as protobuf (swagger, title, version).

kubectl insists on one when it applies a `List`; what the document does not describe it lets pass.
"""


def v3_index(kinds: Sequence[Kind]) -> Obj:
    """GET /openapi/v3: where the document of each group and version is.

    The hash in each address changes with the document, so that clients may cache it for ever.
    """
    served = dict.fromkeys((kind.group, kind.version) for kind in kinds)
    return {"paths": {path: _link(kinds, *gv, path) for gv in served if (path := _root(*gv))}}


def v3(
    kinds: Sequence[Kind], group: str, version: str, describe: Describe | None = None
) -> Obj | None:
    """GET /openapi/v3/api/v1 and /openapi/v3/apis/<group>/<version>; None if unknown.

    describe: the descriptions of a definition's fields.
    """
    served = [kind for kind in kinds if (kind.group, kind.version) == (group, version)]
    if not served:
        return None
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "embedded"},
        "paths": {_path(kind): {"patch": _patch(kind)} for kind in served if "patch" in kind.verbs},
        "components": {"schemas": _schemas(served, describe or (lambda _: {}))},
    }


def _schemas(served: Iterable[Kind], describe: Describe) -> dict[str, Obj]:
    """Of the kinds, and of all that they refer to."""
    found: dict[str, Obj] = {}
    waiting = [_META]
    for kind in served:
        name = kubernetes.definition(kind.group, kind.version, kind.kind)
        if name:
            waiting.append(name)
        else:
            found[_name(kind)] = _undescribed(kind)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _LEAVES.get(name) or _definition(name, describe(name))
            waiting += _references(found[name])
    for kind in served:
        name = kubernetes.definition(kind.group, kind.version, kind.kind)
        if name:
            found[name][_GVK] = [_gvk(kind)]
            found[name]["description"] = f"{kind.kind} of {kind.api_version}."
    return found


def _definition(name: str, described: Mapping[str, str]) -> Obj:
    given = kubernetes.data()["definitions"][name]
    fields = {field: _property(kind) for field, kind in given["fields"].items()}
    for field, text in described.items():
        if field in fields:
            fields[field]["description"] = text
    schema: Obj = {"type": "object", "properties": fields}
    if required := given.get("required"):
        schema["required"] = required
    if given.get("atomic"):
        schema["x-kubernetes-map-type"] = "atomic"
    return schema


def _property(given: Any) -> Obj:
    if isinstance(given, str):
        name = given[1:] if given.startswith("#") else _NAMED.get(given, "")
        return {"allOf": [{"$ref": _REFERENCE + name}]} if name else dict(_PLAIN[given])
    if "granular" in given:
        return {**_property(given["granular"]), "x-kubernetes-map-type": "granular"}
    if "map" in given:
        atomic = {"x-kubernetes-map-type": "atomic"} if given.get("atomic") else {}
        return {"type": "object", "additionalProperties": _property(given["map"]), **atomic}
    return {"type": "array", "items": _property(given["list"]), **_list_marks(given)}


def _list_marks(given: Obj) -> Obj:
    marks: Obj = {}
    if keys := given.get("keys"):
        marks |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys}
    elif given.get("set"):
        marks["x-kubernetes-list-type"] = "set"
    if merge_key := given.get("merge"):
        marks |= {
            "x-kubernetes-patch-merge-key": merge_key,
            "x-kubernetes-patch-strategy": "merge",
        }
    return marks


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"].removeprefix(_REFERENCE)] if isinstance(value.get("$ref"), str) else []
    return own + [name for item in value.values() for name in _references(item)]


def _link(kinds: Sequence[Kind], group: str, version: str, path: str) -> Obj:
    document = orjson.dumps(v3(kinds, group, version), option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(document).hexdigest().upper()
    return {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}


def _root(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _path(kind: Kind) -> str:
    namespace = "/namespaces/{namespace}" if kind.namespaced else ""
    return f"/{_root(kind.group, kind.version)}{namespace}/{kind.plural}/{{name}}"


def _gvk(kind: Kind) -> Obj:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _patch(kind: Kind) -> Obj:
    body = {"schema": {"type": "object"}}
    return {
        "description": f"partially update the specified {kind.kind}",
        "operationId": f"patch{kind.version.capitalize()}{kind.group.title()}{kind.kind}",
        "x-kubernetes-action": "patch",
        _GVK: _gvk(kind),
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in _QUERY
        ],
        "requestBody": {"required": True, "content": dict.fromkeys(_PATCHES, body)},
        "responses": {"200": {"description": "OK"}},
    }


def _name(kind: Kind) -> str:
    return ".".join(("io.k8s.api", kind.group.split(".")[0] or "core", kind.version, kind.kind))


def _undescribed(kind: Kind) -> Obj:
    return {
        "type": "object",
        "description": f"{kind.kind} of {kind.api_version}; kept as it comes.",
        "x-kubernetes-preserve-unknown-fields": True,
        _GVK: [_gvk(kind)],
        "properties": {
            "apiVersion": {"type": "string", "description": kind.api_version},
            "kind": {"type": "string", "description": kind.kind},
            "metadata": {"allOf": [{"$ref": f"#/components/schemas/{_META}"}]},
            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
