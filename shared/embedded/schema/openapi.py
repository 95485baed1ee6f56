"""OpenAPI as far as kubectl needs it: validation, apply, dry runs and a light `explain`. Pure.

kubectl looks up two things: a schema by its group, version and kind, and whether PATCH of that kind
takes `fieldValidation` and `dryRun`; with both, the server does the checking. The schemas are
permissive below `metadata`. Strategic merge is left out of the request bodies on purpose: `kubectl
apply` then takes the merge keys of lists from its built-in types instead of from these schemas.
https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

_GVK: Final = "x-kubernetes-group-version-kind"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PATCHES: Final = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
)
_QUERY: Final = ("dryRun", "fieldManager", "fieldValidation", "force")

_OBJECT_META: Final[Obj] = {
    "type": "object",
    "description": "Metadata that all persisted resources have.",
    "properties": {
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "creationTimestamp": {"type": "string", "format": "date-time"},
        "deletionTimestamp": {"type": "string", "format": "date-time"},
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "generateName": {"type": "string"},
        "generation": {"type": "integer", "format": "int64"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "managedFields": {"type": "array", "items": {"type": "object"}},
        "name": {"type": "string"},
        "namespace": {"type": "string"},
        "ownerReferences": {"type": "array", "items": {"type": "object"}},
        "resourceVersion": {"type": "string"},
        "uid": {"type": "string"},
    },
}

V2_MEDIA_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

V2: Final = b"\x0a\x032.0" + b"\x12\x16" + b"\x0a\x0aKubernetes" + b"\x12\x08embedded"
"""GET /openapi/v2: an OpenAPI document without definitions, as protobuf (swagger, title, version).

kubectl insists on one when it applies a `List`; what the document does not describe it lets pass.
"""


def v3_index(kinds: Sequence[Kind]) -> Obj:
    """GET /openapi/v3: where the document of each group and version is.

    The hash in each address changes with the document, so that clients may cache it for ever.
    """
    served = dict.fromkeys((kind.group, kind.version) for kind in kinds)
    return {"paths": {path: _link(kinds, *gv, path) for gv in served if (path := _root(*gv))}}


def v3(kinds: Sequence[Kind], group: str, version: str) -> Obj | None:
    """GET /openapi/v3/api/v1 and /openapi/v3/apis/<group>/<version>; None if unknown."""
    served = [kind for kind in kinds if (kind.group, kind.version) == (group, version)]
    if not served:
        return None
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "embedded"},
        "paths": {_path(kind): {"patch": _patch(kind)} for kind in served if "patch" in kind.verbs},
        "components": {
            "schemas": {_META: _OBJECT_META, **{_name(kind): _schema(kind) for kind in served}}
        },
    }


def _link(kinds: Sequence[Kind], group: str, version: str, path: str) -> Obj:
    document = json.dumps(v3(kinds, group, version), sort_keys=True).encode()
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


def _schema(kind: Kind) -> Obj:
    return {
        "type": "object",
        "description": f"{kind.kind} as the embedded cluster keeps it; fields below `metadata` are "
        "those of Kubernetes.",
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
