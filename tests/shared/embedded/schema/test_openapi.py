"""OpenAPI documents hold what kubectl looks up in them; kubectl itself is run elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.declarations import KINDS
from shared.embedded.http import documents
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT, POD_METRICS, Kind
from shared.embedded.schema import openapi


def document(kind: Kind) -> dict[str, Any]:
    found = openapi.v3(KINDS, kind.group, kind.version)
    assert found is not None
    return found


def test_the_index_names_a_document_for_each_version() -> None:
    paths = openapi.v3_index(KINDS)["paths"]
    assert paths["api/v1"]["serverRelativeURL"].startswith("/openapi/v3/api/v1?hash=")
    assert set(paths) == {f"apis/{kind.api_version}" if kind.group else "api/v1" for kind in KINDS}


def test_the_hash_follows_the_document() -> None:
    def link(kinds: list[Kind]) -> str:
        return str(openapi.v3_index(kinds)["paths"]["api/v1"]["serverRelativeURL"])

    other = Kind("", "v1", "widgets", "widget", "Widget")
    assert link([CONFIG_MAP]) == link([CONFIG_MAP])
    assert link([CONFIG_MAP]) != link([CONFIG_MAP, other])


@pytest.mark.parametrize("kind", [DEPLOYMENT, CONFIG_MAP])
def test_patch_declares_validation_and_dry_run(kind: Kind) -> None:
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    patches = [path["patch"] for path in document(kind)["paths"].values()]
    (patch,) = [each for each in patches if each["x-kubernetes-group-version-kind"] == gvk]
    names = {parameter["name"] for parameter in patch["parameters"]}
    assert {"fieldValidation", "dryRun"} <= names
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]


def test_kinds_that_cannot_be_patched_have_a_schema_only() -> None:
    found = document(POD_METRICS)
    assert found["paths"] == {}
    kinds = [
        gvk["kind"]
        for schema in found["components"]["schemas"].values()
        for gvk in schema.get("x-kubernetes-group-version-kind", [])
    ]
    assert "PodMetrics" in kinds


def references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].removeprefix("#/components/schemas/")} if "$ref" in value else set()
    return own.union(*map(references, value.values()))


@pytest.mark.parametrize("kind", [DEPLOYMENT, CONFIG_MAP, POD_METRICS])
def test_every_reference_leads_to_a_schema(kind: Kind) -> None:
    schemas = document(kind)["components"]["schemas"]
    targets = references(schemas)
    assert targets
    assert targets <= schemas.keys()


def test_fields_have_types_marks_and_descriptions() -> None:
    def describe(name: str) -> dict[str, str]:
        return {"replicas": "How many."} if name.endswith(".DeploymentSpec") else {}

    found = openapi.v3(KINDS, "apps", "v1", describe)
    assert found is not None
    schemas = found["components"]["schemas"]
    spec = schemas["io.k8s.api.apps.v1.DeploymentSpec"]
    assert spec["required"] == ["selector", "template"]
    assert spec["properties"]["replicas"] == {
        "type": "integer",
        "format": "int32",
        "description": "How many.",
    }
    container = schemas["io.k8s.api.core.v1.Container"]["properties"]
    assert container["ports"]["x-kubernetes-list-map-keys"] == ["containerPort", "protocol"]
    assert container["ports"]["x-kubernetes-patch-merge-key"] == "containerPort"
    limits = schemas["io.k8s.api.core.v1.ResourceRequirements"]["properties"]["limits"]
    (quantity,) = limits["additionalProperties"]["allOf"]
    assert quantity["$ref"].endswith(".resource.Quantity")


def test_an_unknown_version_has_no_document() -> None:
    assert openapi.v3(KINDS, "apps", "v1beta1") is None


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", openapi.V2_MEDIA_TYPE),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
def test_version_two_is_protobuf_for_who_asks_for_it(accept: str, media_type: str) -> None:
    found = documents.find("/openapi/v2", "", accept)
    assert found
    assert found[0] == media_type
    assert found[1] in (openapi.V2, openapi.V2_DOCUMENT)
