"""Which objects an OSCAR manager made of a service, and which only bear such a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.management.objects.pieces import pieces
from shared.service.model import Volume
from shared.service.objects import Obj
from shared.service.stored import read
from tests.shared.service.manager import Made


def belonging(made: Made, objects: list[Obj]) -> set[str]:
    """The pieces of `made` that are among `objects`."""
    found = {(obj["kind"], obj["metadata"]["name"]): obj for obj in objects}
    known = pieces(read(made.configmap()).definition)
    return {
        str(one)
        for one in known
        if (one.kind, one.name) in found and one.belongs(found[one.kind, one.name])
    }


@pytest.mark.parametrize("route", ["ingress", "httproute"])
def test_all_that_the_manager_makes_is_found(route: str) -> None:
    made = Made(set_auth=True, secrets={"KEY": "x"}, route=route)
    elsewhere = ("ConfigMap", "Deployment", "Service")
    rest = [obj for obj in made.objects() if obj["kind"] not in elsewhere]
    assert belonging(made, rest) == {f"{obj['kind']} {obj['metadata']['name']}" for obj in rest}


def secret(name: str, labels: dict[str, str] | None = None, **data: str) -> Obj:
    return {"kind": "Secret", "metadata": {"name": name, "labels": labels or {}}, "data": data}


@pytest.mark.parametrize(
    "obj",
    [
        secret("ocr", {"oscar_service": "oc"}, KEY="x"),
        secret("ocr", OTHER="x"),
        secret("ocr-auth-expose", auth="x", more="y"),
        secret("ocr-auth-traefik", auth="x"),
        {
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "ocr-hpa"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "another"}},
        },
        {
            "kind": "Ingress",
            "metadata": {"name": "ocr-ing"},
            "spec": {"defaultBackend": {"service": {"name": "another"}}},
        },
        {"kind": "HTTPRoute", "metadata": {"name": "ocr-route"}, "spec": {"rules": [{}]}},
        {"kind": "PodTemplate", "metadata": {"name": "ocr"}},
    ],
    ids=lambda obj: f"{obj['kind']} {obj['metadata']['name']}",
)
def test_a_strangers_object_of_its_name_is_none(obj: Obj) -> None:
    assert belonging(Made(set_auth=True, secrets={"KEY": "x"}), [obj]) == set()


def test_without_secrets_a_secret_of_its_name_is_not_even_asked_for() -> None:
    assert "Secret ocr" not in {str(one) for one in pieces(read(Made().configmap()).definition)}


@pytest.mark.parametrize(("policy", "goes"), [("delete", True), ("retain", False), ("", False)])
def test_a_volume_goes_with_the_service_if_its_definition_says_so(policy: str, goes: bool) -> None:
    volume = Volume(mount_path="/data", name="ocr", size="1Gi", lifecycle_policy="retain")
    service = read(Made().configmap()).definition
    policies = {"lifecycle_policy": policy} if policy else {}
    labels = {"oscar.grycap/volume-created-by-service": "ocr"}
    claim = {"metadata": {"name": "ocr", "labels": labels}}
    found = pieces(replace(service, volume=replace(volume, **policies)))  # type: ignore[arg-type]
    assert [one.belongs(claim) for one in found if "Claim" in one.kind] == [True] * goes
    labels["oscar.grycap/volume-created-by-service"] = "other"
    assert not any(one.belongs(claim) for one in found if "Claim" in one.kind)
