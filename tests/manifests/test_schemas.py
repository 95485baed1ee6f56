"""Every object against the schemas of every supported Kubernetes, and of the kinds of others."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import orjson
import pytest
import yaml
from kubernetes_validate import utils

from tests.manifests.built import OVERLAYS, build, pick

if TYPE_CHECKING:
    from shared.service.objects import Obj

VERSIONS = [f"1.{minor}" for minor in range(30, 38)]
FOREIGN: dict[str, Obj] = yaml.safe_load((Path(__file__).parent / "foreign.yaml").read_text())


@pytest.fixture(scope="module", autouse=True)
def schemas_are_read_once() -> Any:
    """The library reads the same files for every object."""
    patch = pytest.MonkeyPatch()
    patch.setattr(utils, "schema_contents", cache(utils.schema_contents))
    yield
    patch.undo()


@cache
def objects() -> list[Obj]:
    """All different objects of all overlays."""
    every = {orjson.dumps(obj): obj for folder in OVERLAYS for obj in build(folder)}
    return list(every.values())


def is_foreign(obj: Obj) -> bool:
    """Whether the kind comes with a CustomResourceDefinition."""
    return any(
        group in obj["apiVersion"] for group in ("gateway.networking", "cert-manager", "coreos")
    )


def title(obj: Obj) -> str:
    return f"{obj['kind']} {obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


def mistakes(obj: Obj, version: str) -> str:
    """What is wrong with the object; empty when nothing is."""
    try:
        utils.validate(obj, version, strict=True)
    except utils.ValidationError as error:
        return f"{title(obj)}: {'.'.join(map(str, error.path))}: {error.message}"
    return ""


@pytest.mark.parametrize("version", VERSIONS)
def test_all_objects_are_valid(version: str) -> None:
    assert version in map(utils.major_minor, utils.all_versions())
    ours = [obj for obj in objects() if not is_foreign(obj)]
    assert [wrong for obj in ours if (wrong := mistakes(obj, version))] == []


def test_a_mistake_is_found() -> None:
    wrong = copy.deepcopy(pick(build("base"), "Deployment", "gateway"))
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    assert "readinesProbe" in mistakes(wrong, "1.30")


def test_kinds_of_others_are_valid() -> None:
    for obj in filter(is_foreign, objects()):
        spec = FOREIGN[f"{obj['apiVersion']}/{obj['kind']}"]
        schema = {"type": "object", "additionalProperties": False, **spec}
        jsonschema.validate(obj["spec"], schema)
        assert obj.keys() == {"apiVersion", "kind", "metadata", "spec"}
