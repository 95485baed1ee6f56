"""Kubernetes' OpenAPI document, less what the schemas do not need: the data of `kubernetes.json`.

Run by `make schemas` when the next version of Kubernetes is taken in; the server never runs it.
What is kept of a definition: its fields with their types, which of them are required, the marks by
which lists and maps merge, and what `go_structs` tells of zeros and names. Descriptions are not.
Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.embedded.schema.go_structs import GoField
    from shared.service.objects import Obj

GVK: Final = "x-kubernetes-group-version-kind"
_REFERENCE: Final = "#/definitions/"
_LEAVES: Final = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro-time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "object",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "object",
}
"""Definitions that have an encoding of their own, or none."""
_PLAIN: Final = ("string", "int32", "int64", "boolean")


def compact(
    swagger: Obj,
    wanted: Iterable[tuple[str, str, str]],
    structs: Mapping[str, Mapping[str, GoField]],
) -> Obj:
    """The kinds `wanted` (group, version, kind) that `swagger` describes, and all definitions that
    they need, by name. structs: the Go types, by the last three words of a definition's name."""
    definitions: Mapping[str, Obj] = swagger["definitions"]
    roots = _roots(definitions)
    kinds = {gvk: roots[gvk] for gvk in sorted(set(wanted)) if gvk in roots}
    found: dict[str, Obj] = {}
    waiting = sorted(kinds.values())
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _definition(definitions[name], structs.get(_tail(name), {}))
        waiting += sorted(_needed(definitions[name]))
    return {
        "kinds": {"/".join(gvk): name for gvk, name in kinds.items()},
        "definitions": dict(sorted(found.items())),
    }


def _roots(definitions: Mapping[str, Obj]) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for name, definition in definitions.items():
        gvks = definition.get(GVK, [])
        for gvk in gvks:
            found[(gvk["group"], gvk["version"], gvk["kind"])] = name
    return found


def _needed(value: Any) -> set[str]:
    """The definitions that `value` refers to, leaves apart."""
    if isinstance(value, list):
        return set().union(*map(_needed, value))
    if not isinstance(value, dict):
        return set()
    name = str(value.get("$ref", "")).removeprefix(_REFERENCE)
    below = set().union(*map(_needed, value.values()))
    return below | ({name} if name and name not in _LEAVES else set())


def _tail(name: str) -> str:
    return ".".join(name.split(".")[-3:])


def _definition(definition: Obj, struct: Mapping[str, GoField]) -> Obj:
    kept: Obj = {"fields": {}}
    if definition.get("x-kubernetes-map-type") == "atomic":
        kept["atomic"] = True
    if required := definition.get("required"):
        kept["required"] = required
    for name, described in definition["properties"].items():
        kept["fields"][name] = _type(described)
    if zeros := [name for name in kept["fields"] if name in struct and struct[name].kept]:
        kept["kept"] = zeros
    if named := {name: each.named for name, each in struct.items() if _has_name(kept, name, each)}:
        kept["named"] = named
    return kept


def _has_name(kept: Obj, name: str, field: GoField) -> bool:
    """Whether messages name a plain value by a type of its own."""
    given = kept["fields"].get(name)
    item = given.get("list") if isinstance(given, dict) else given
    return bool(field.named) and item in _PLAIN


def _type(described: Obj) -> Any:
    """A word for a leaf, `#name` for a definition, else an object that says what it holds."""
    if "$ref" in described:
        return _reference(described)
    if described["type"] == "array":
        return _list(described)
    if described["type"] == "object":
        if "additionalProperties" not in described:
            return "object"
        atomic = described.get("x-kubernetes-map-type") == "atomic"
        value = _type(described["additionalProperties"])
        return {"map": value, "atomic": True} if atomic else {"map": value}
    return described.get("format", described["type"])


def _reference(described: Obj) -> Any:
    name = described["$ref"].removeprefix(_REFERENCE)
    if name in _LEAVES:
        return _LEAVES[name]
    granular = described.get("x-kubernetes-map-type") == "granular"
    return {"granular": f"#{name}"} if granular else f"#{name}"


def _list(described: Obj) -> Obj:
    kept: Obj = {"list": _type(described["items"])}
    kind = described.get("x-kubernetes-list-type")
    if kind == "map":
        kept["keys"] = described["x-kubernetes-list-map-keys"]
    if kind == "set":
        kept["set"] = True
    if merge_key := described.get("x-kubernetes-patch-merge-key"):
        kept["merge"] = merge_key
    return kept
