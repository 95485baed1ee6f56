"""OpenAPI documents hold what kubectl looks up in them; kubectl itself is run elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.declarations import KINDS
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


def test_every_reference_leads_to_a_schema() -> None:
    schemas = document(DEPLOYMENT)["components"]["schemas"]
    targets = {
        target["$ref"].removeprefix("#/components/schemas/")
        for schema in schemas.values()
        for part in schema["properties"].values()
        for target in part.get("allOf", [])
    }
    assert targets
    assert targets <= schemas.keys()


def test_an_unknown_version_has_no_document() -> None:
    assert openapi.v3(KINDS, "apps", "v1beta1") is None
