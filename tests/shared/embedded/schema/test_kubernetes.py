"""The schemas of Kubernetes' kinds, held against the client's models of the same API."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from shared.embedded import declarations
from shared.embedded.schema import compaction, go_structs, kubernetes, shapes
from tests.shared.embedded.schema import generate

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TABLE = r"    {} = (\{{.*?\}})\n"
_TYPES = {
    "string": "str", "boolean": "bool", "int32": "int", "int64": "int", "double": "float",
    "byte": "str", "time": "datetime", "micro-time": "datetime", "quantity": "str",
    "int-or-string": "object", "object": "object",
}  # fmt: skip
_DEFINITIONS = kubernetes.data()["definitions"]


def model(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """(types, JSON names) of the client's model of a definition, by attribute."""
    spec = importlib.util.find_spec("kubernetes_asyncio")
    assert spec is not None
    assert spec.origin is not None
    *_, group, version, kind = name.split(".")
    snake = "_".join(_WORDS.sub("_", version.capitalize() + kind).lower().split("_"))
    folder = Path(spec.origin).parent / "client" / "models"
    files = [folder / f"{snake}.py", folder / f"{group}_{snake}.py"]
    text = next(file for file in files if file.exists()).read_text()
    tables = [
        re.search(_TABLE.format(key), text, re.DOTALL) for key in ("openapi_types", "attribute_map")
    ]
    types, names = (ast.literal_eval(match[1]) for match in tables if match)
    return types, names


def python_type(given: Any) -> str:
    """What the generator of the client makes of a type."""
    if isinstance(given, dict) and "list" in given:
        return f"list[{python_type(given['list'])}]"
    if isinstance(given, dict) and "map" in given:
        return f"dict(str, {python_type(given['map'])})"
    text = given["granular"] if isinstance(given, dict) else given
    return text.rpartition(".")[2] if text.startswith("#") else _TYPES[text]


def differences(name: str) -> list[str]:
    types, names = model(name)
    fields = _DEFINITIONS[name]["fields"]
    wrong = [f"{name}: {field}" for field in set(fields) ^ set(names.values())]
    for attribute, field in names.items():
        known = re.sub(r"\b(?:[A-Z][a-z]+)?V\d(?:beta\d)?(?=[A-Z])", "", types[attribute])
        if known != python_type(fields[field]):
            wrong.append(f"{name}.{field}: {known}")
    return wrong


def test_each_definition_is_as_the_client_has_it() -> None:
    assert len(_DEFINITIONS) > 300
    assert [wrong for name in _DEFINITIONS for wrong in differences(name)] == []


def test_only_kinds_that_are_not_kubernetes_own_are_undescribed() -> None:
    unknown = {
        kind.group
        for kind in declarations.KINDS
        if not kubernetes.definition(kind.group, kind.version, kind.kind)
    }
    assert unknown == {"gateway.networking.k8s.io", "traefik.io", "metrics.k8s.io"}
    assert {kubernetes.definition(*each) for each in generate.OTHERS} <= _DEFINITIONS.keys()


def test_marks_are_those_that_lists_and_maps_merge_by() -> None:
    pod = kubernetes.schema("", "v1", "Pod").fields["spec"]
    assert isinstance(pod, shapes.Struct)
    containers, nodes = pod.fields["containers"], pod.fields["nodeSelector"]
    assert isinstance(containers, shapes.List)
    assert (containers.keys, containers.merge_key) == (("name",), "name")
    assert isinstance(containers.item, shapes.Struct)
    ports = containers.item.fields["ports"]
    assert isinstance(ports, shapes.List)
    assert (ports.keys, ports.merge_key) == (("containerPort", "protocol"), "containerPort")
    assert nodes == shapes.Map(shapes.STRING, atomic=True)
    volume = kubernetes.schema("", "v1", "PersistentVolume").fields["spec"]
    reference = shapes.child(volume, "claimRef")
    assert isinstance(reference, shapes.Struct)
    assert not reference.atomic
    assert (reference.name, reference.go) == ("ObjectReference", "v1.ObjectReference")


SWAGGER = {
    "definitions": {
        "io.x.v1.Thing": {
            "description": "A thing.",
            "properties": {
                "labels": {"additionalProperties": {"type": "string"}, "type": "object",
                           "x-kubernetes-map-type": "atomic"},
                "parts": {
                    "items": {"$ref": "#/definitions/io.x.v1.Part"}, "type": "array",
                    "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                    "x-kubernetes-patch-merge-key": "name",
                },
                "set": {"items": {"type": "string"}, "type": "array",
                        "x-kubernetes-list-type": "set"},
            },
            "required": ["parts"],
            "x-kubernetes-group-version-kind": [{"group": "x", "version": "v1", "kind": "Thing"}],
        },
        "io.x.v1.Part": {
            "properties": {
                "count": {"format": "int32", "type": "integer"},
                "size": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
            },
            "x-kubernetes-map-type": "atomic",
        },
        "io.x.v1.Unused": {"properties": {}},
    }
}  # fmt: skip


TYPES = """
// A thing.
type Thing struct {
\tCommon `json:",inline"`
\t// The set.
\tSet []Word `json:"set,omitempty"`
}

type Common struct {
\tLabels map[string]string `json:"labels,omitempty"`
\tParts []Part `json:"parts"`
}

type Part struct {
\tCount *int32 `json:"count,omitempty"`
\tSize resource.Quantity `json:"size,omitempty"`
}
"""


def test_a_document_is_cut_down_to_what_is_needed() -> None:
    wanted = [("x", "v1", "Thing"), ("x", "v1", "Absent")]
    structs = {f"x.v1.{name}": each for name, each in go_structs.fields(TYPES).items()}
    assert compaction.compact(SWAGGER, wanted, structs) == {
        "kinds": {"x/v1/Thing": "io.x.v1.Thing"},
        "definitions": {
            "io.x.v1.Part": {
                "fields": {"count": "int32", "size": "quantity"},
                "atomic": True,
                "kept": ["count"],
            },
            "io.x.v1.Thing": {
                "fields": {
                    "labels": {"map": "string", "atomic": True},
                    "parts": {"list": "#io.x.v1.Part", "keys": ["name"], "merge": "name"},
                    "set": {"list": "string", "set": True},
                },
                "required": ["parts"],
                "kept": ["parts"],
                "named": {"set": "Word"},
            },
        },
    }
    text = generate.text(compaction.compact(SWAGGER, [("x", "v1", "Thing")], {}))
    assert json.loads(text)["kinds"] == {"x/v1/Thing": "io.x.v1.Thing"}
