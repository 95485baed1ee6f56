"""The manifests against the code: settings exist and fit, and nothing runs with needless rights."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

import gateway.management.settings
import gateway.settings
import scaler.config.document
import scaler.config.settings
from shared.service.objects import Obj
from tests.manifests.built import ROOT, build, container, environment, pick

PROCESSES = ["gateway", "management", "scaler"]


@pytest.fixture(scope="module")
def base() -> list[Obj]:
    return build("base")


def test_the_gateways_settings_are_taken(base: list[Obj]) -> None:
    given = environment(base, "gateway")
    assert given.keys() <= gateway.settings.VARIABLES.keys()
    settings = gateway.settings.read(given)
    ports = {each["containerPort"] for each in container(base, "gateway")["ports"]}
    assert {settings.listen[1], settings.admin[1]} == ports


def test_managements_settings_are_taken(base: list[Obj], tmp_path: Path) -> None:
    given = environment(base, "management")
    assert given.keys() <= gateway.management.settings.VARIABLES.keys()
    (mount,) = container(base, "management")["volumeMounts"]
    assert given["MANAGEMENT_CREDENTIALS_FILE"] == f"{mount['mountPath']}/credentials"
    (tmp_path / "credentials").write_text("admin:secret")
    given["MANAGEMENT_CREDENTIALS_FILE"] = str(tmp_path / "credentials")
    settings = gateway.management.settings.read(given)
    ports = [each["containerPort"] for each in container(base, "management")["ports"]]
    assert ports == [settings.port]


def test_the_scalers_settings_are_taken(base: list[Obj]) -> None:
    given = environment(base, "scaler")
    assert given.keys() <= scaler.config.settings.VARIABLES.keys()
    settings = scaler.config.settings.read(given)
    assert [each["containerPort"] for each in container(base, "scaler")["ports"]] == [settings.port]


def test_the_scalers_configuration_is_valid_and_mounted(base: list[Obj]) -> None:
    (text,) = pick(base, "ConfigMap", "scaler-config")["data"].values()
    config = scaler.config.document.parse(text, scaler.config.settings.read({}).base)
    assert config.warnings == ()
    (mount,) = container(base, "scaler")["volumeMounts"]
    assert environment(base, "scaler")["SCALER_CONFIG"].startswith(mount["mountPath"])
    gateways = [urlsplit(url) for url in config.source.gateways]
    services = {
        (f"{each['metadata']['name']}.{each['metadata']['namespace']}.svc", port["port"])
        for each in base
        if each["kind"] == "Service"
        for port in each["spec"]["ports"]
    }
    assert {(url.hostname, url.port) for url in gateways} <= services


def test_the_kubelet_overlay_is_taken(base: list[Obj]) -> None:
    overlay = build("overlays/kubelet")
    settings = scaler.config.settings.read(environment(overlay, "scaler"))
    (text,) = pick(overlay, "ConfigMap", "scaler-config")["data"].values()
    assert scaler.config.document.parse(text, settings.base).source.kind == "kubelet"
    assert {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]} in pick(
        overlay, "ClusterRole", "oscar-scaler"
    )["rules"]
    gone = [obj["metadata"]["name"] for obj in base if obj["kind"] == "Role"]
    gone = [name for name in gone if not any(o["metadata"]["name"] == name for o in overlay)]
    assert gone == ["scaler-usage"]
    assert len(overlay) == len(base) - 2  # and its binding


def test_the_overlay_of_the_clusters_status_grants_reading_alone() -> None:
    role = pick(build("overlays/cluster-status"), "ClusterRole", "oscar-management-status")
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}


def test_the_grace_period_outlasts_the_drain(base: list[Obj]) -> None:
    drain = gateway.settings.read(environment(base, "gateway")).drain
    spec = pick(base, "Deployment", "gateway")["spec"]["template"]["spec"]
    assert drain.grace + max(drain.http, drain.tunnels) < spec["terminationGracePeriodSeconds"]


def test_the_gateway_finds_management(base: list[Obj]) -> None:
    ((host, port),) = gateway.settings.read(environment(base, "gateway")).management
    name, namespace, _ = host.split(".")
    service = pick(base, "Service", name)
    assert service["metadata"]["namespace"] == namespace
    assert port in [each["port"] for each in service["spec"]["ports"]]


@pytest.mark.parametrize("name", PROCESSES)
def test_processes_run_with_no_more_rights_than_needed(base: list[Obj], name: str) -> None:
    pod = pick(base, "Deployment", name)["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False  # they would set variables of ours
    assert pick(base, "ServiceAccount", name)["automountServiceAccountToken"] is False
    assert pod["automountServiceAccountToken"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(base, name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("name", PROCESSES)
def test_processes_are_probed_and_bounded(base: list[Obj], name: str) -> None:
    main = container(base, name)
    assert main["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert main["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert "memory" in main["resources"]["limits"]
    assert {"cpu", "memory"} <= main["resources"]["requests"].keys()


@pytest.mark.parametrize("name", PROCESSES)
def test_commands_are_modules_of_the_image(base: list[Obj], name: str) -> None:
    python, flag, module, *_ = container(base, name)["command"]
    assert (python, flag) == ("python", "-m")
    assert (ROOT.joinpath(*module.split(".")) / "__main__.py").is_file()


def test_services_select_pods_and_ports_that_exist(base: list[Obj]) -> None:
    templates = [each["spec"]["template"] for each in base if each["kind"] == "Deployment"]
    services = [each for each in base if each["kind"] == "Service"]
    assert services
    for service in services:
        selector = service["spec"]["selector"].items()
        (template,) = [t for t in templates if selector <= t["metadata"]["labels"].items()]
        (main,) = template["spec"]["containers"]
        names = {port["name"] for port in main["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= names


def test_no_role_reaches_further_than_its_account(base: list[Obj]) -> None:
    rules = {
        (each["metadata"]["name"], tuple(rule["resources"])): rule["verbs"]
        for each in base
        if each["kind"] in {"Role", "ClusterRole"}
        for rule in each["rules"]
    }
    assert all("*" not in (*resources, *verbs) for (_, resources), verbs in rules.items())
    readers = {name for (name, resources) in rules if "secrets" in resources}
    assert readers == {"management"}
    gateway_verbs = {
        verb for (name, _), verbs in rules.items() if name == "gateway" for verb in verbs
    }
    assert gateway_verbs == {"list", "watch"}
