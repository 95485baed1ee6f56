"""Every overlay by itself and all components together: what is built fits the programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import yaml

import gateway.management.settings
import gateway.settings
import scaler.config.document
import scaler.config.settings
from tests.manifests.built import (
    COMPONENTS,
    CREDENTIALS,
    MANIFESTS,
    OVERLAYS,
    ROOT,
    build,
    built,
    container,
    environment,
    pick,
)

if TYPE_CHECKING:
    from pathlib import Path

    from shared.service.objects import Obj

INSTALLED = [folder for folder in OVERLAYS if folder != "adoption"]
"""All that has the three programs in it."""
VARIABLES = {
    "gateway": gateway.settings.VARIABLES,
    "management": gateway.management.settings.VARIABLES,
    "scaler": scaler.config.settings.VARIABLES,
}
INSTEAD = {"ingress-haproxy", "gateway-api", "load-balancer-tls"}
"""Components of which one is taken, here `ingress-traefik`."""


def test_every_component_is_in_an_overlay_and_every_folder_in_the_guide() -> None:
    used = {
        os.path.normpath(f"{folder}/{each}")
        for folder in OVERLAYS
        for each in yaml.safe_load((MANIFESTS / folder / "kustomization.yaml").read_text()).get(
            "components", ()
        )
    }
    assert used == set(COMPONENTS)
    guide = (ROOT / "docs" / "operate" / "overlays.md").read_text()
    assert [folder for folder in OVERLAYS if f"`{folder}`" not in guide] == []
    assert [folder for folder in COMPONENTS if f"`{folder}`" not in guide] == []


@pytest.mark.parametrize("folder", INSTALLED)
def test_the_programs_take_their_settings(folder: str, tmp_path: Path) -> None:
    objects = build(folder)
    (tmp_path / "credentials").write_text("admin:secret")
    given = {name: environment(objects, name) for name in VARIABLES}
    for name, variables in VARIABLES.items():
        assert given[name].keys() <= variables.keys()
    given["management"]["MANAGEMENT_CREDENTIALS_FILE"] = str(tmp_path / "credentials")
    gateway.management.settings.read(given["management"])
    assert gateway.settings.read(given["gateway"]).listen[1] == 8080
    base = scaler.config.settings.read(given["scaler"]).base
    (text,) = pick(objects, "ConfigMap", "scaler-config")["data"].values()
    config = scaler.config.document.parse(text, base)
    assert config.warnings == ()
    assert config.source.gateways


@pytest.mark.parametrize("folder", INSTALLED)
def test_what_is_mounted_is_there_and_what_is_named_exists(folder: str) -> None:
    objects = build(folder)
    for name in VARIABLES:
        spec = pick(objects, "Deployment", name)["spec"]["template"]["spec"]
        volumes = {each["name"] for each in spec["volumes"]} if "volumes" in spec else set()
        assert {each["name"] for each in container(objects, name)["volumeMounts"]} == volumes
        assert pick(objects, "PriorityClass", spec["priorityClassName"])
        assert pick(objects, "ServiceAccount", spec["serviceAccountName"])
        assert container(objects, name)["image"] == "exposed-services:0.1.0"
        assert pick(objects, "PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1


def test_all_components_combine(tmp_path: Path) -> None:
    """Each adds what it adds alone, whatever else is there."""
    chosen = [each for each in COMPONENTS if each.rpartition("/")[2] not in INSTEAD]
    up = os.path.relpath(MANIFESTS, tmp_path)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{up}/base"],
        "components": [f"{up}/{each}" for each in chosen],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    together = built(tmp_path)
    names = {_name(obj) for obj in together}
    assert len(names) == len(together)
    for folder in INSTALLED:
        if not any(each in folder for each in (*INSTEAD, "haproxy", "beside-oscar")):
            rights = ("Role", "RoleBinding")  # which some take away for wider ones, or for others
            wanted = {_name(obj) for obj in build(folder) if obj["kind"] not in rights}
            assert wanted <= names
            for program in VARIABLES:
                theirs = environment(build(folder), program).keys()
                assert theirs <= environment(together, program).keys()


def _name(obj: Obj) -> tuple[str, ...]:
    metadata = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata["name"]


def test_beside_oscar_nothing_is_said_of_its_namespaces_and_its_pods() -> None:
    """OSCAR's chart calls its objects `oscar`, `oscar-…` and `cors-allow-all`."""
    objects = build("overlays/beside-oscar")
    assert [obj for obj in objects if obj["kind"] == "Namespace"] == []
    for obj in objects:
        metadata = obj["metadata"]
        if obj["kind"] == "NetworkPolicy":
            assert metadata["namespace"] == "oscar"
            assert "app.kubernetes.io/name" in str(obj["spec"]["podSelector"])
        assert metadata["name"] not in {"oscar", "oscar-sa", "oscar-controller", "cors-allow-all"}
    services = {port["port"] for port in pick(objects, "Service", "gateway")["spec"]["ports"]}
    assert services == {80}
    assert "nodePort" not in str(pick(objects, "Service", "gateway"))


def test_high_availability_bears_the_loss_of_a_node() -> None:
    objects = build("overlays/high-availability")
    replicas = {name: pick(objects, "Deployment", name)["spec"]["replicas"] for name in VARIABLES}
    assert replicas == {"gateway": 3, "management": 2, "scaler": 2}
    spec = pick(objects, "Deployment", "gateway")["spec"]
    strict = [
        each["topologyKey"]
        for each in spec["template"]["spec"]["topologySpreadConstraints"]
        if each["whenUnsatisfiable"] == "DoNotSchedule"
    ]
    assert strict == ["kubernetes.io/hostname"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_the_certificate_is_mounted_where_the_gateway_looks() -> None:
    objects = build("overlays/load-balancer-tls")
    given = environment(objects, "gateway")
    tls = gateway.settings.read(given).tls
    assert tls is not None
    (mount,) = [
        each for each in container(objects, "gateway")["volumeMounts"] if each["name"] == "tls"
    ]
    assert {str(tls.certificate.parent), str(tls.key.parent)} == {mount["mountPath"]}
    assert "subPath" not in mount  # a file mounted so would never change
    spec = pick(objects, "Deployment", "gateway")["spec"]["template"]["spec"]
    (volume,) = [each for each in spec["volumes"] if each["name"] == "tls"]
    kept = pick(objects, "Certificate", "gateway")["spec"]["secretName"]
    assert volume["secret"] == {"secretName": kept}
    assert pick(objects, "Service", "gateway")["spec"]["ports"] == [
        {"name": "https", "port": 443, "targetPort": "http"}
    ]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("overlays/behind-ingress/traefik", "Ingress"),
        ("overlays/behind-ingress/haproxy", "Ingress"),
        ("overlays/gateway-api", "HTTPRoute"),
        ("overlays/beside-oscar", "Ingress"),
    ],
)
def test_what_leads_to_the_gateway_finds_its_service(folder: str, kind: str) -> None:
    objects = build(folder)
    (route,) = [obj for obj in objects if obj["kind"] == kind]
    (port,) = pick(objects, "Service", "gateway")["spec"]["ports"]
    (rule,) = route["spec"]["rules"]
    if kind == "Ingress":
        (path,) = rule["http"]["paths"]
        backend = path["backend"]["service"]
        assert (backend["name"], backend["port"]["name"]) == ("gateway", port["name"])
    else:
        (backend,) = rule["backendRefs"]
        assert (backend["name"], backend["port"]) == ("gateway", port["port"])
        (parent,) = route["spec"]["parentRefs"]
        (listener,) = pick(objects, "Gateway", parent["name"])["spec"]["listeners"]
        assert parent["sectionName"] == listener["name"]
        assert route["spec"]["hostnames"] == [listener["hostname"]]
    assert route["metadata"]["namespace"] == "oscar"
    assert gateway.settings.read(environment(objects, "gateway")).identity.trusted


def test_credentials_are_those_that_both_programs_read(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text(
        (MANIFESTS / CREDENTIALS / "kustomization.yaml").read_text()
    )
    (tmp_path / "credentials").write_text("admin:secret")
    (tmp_path / "digest").write_text("0" * 64)
    (secret,) = built(tmp_path)
    base = build("base")
    for program in ("gateway", "management"):
        spec = pick(base, "Deployment", program)["spec"]["template"]["spec"]
        (volume,) = [each for each in spec["volumes"] if "secret" in each]
        assert volume["secret"]["secretName"] == secret["metadata"]["name"]
        wanted = {each["key"] for each in volume["secret"].get("items", [{"key": "credentials"}])}
        assert wanted <= secret["data"].keys()
    assert secret["metadata"]["namespace"] == "oscar"
    assert secret["metadata"]["labels"] == {"app.kubernetes.io/part-of": "exposed-services"}
