"""What the Prometheus operator and Grafana's sidecar are given, against the files it comes from."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.manifests.built import MANIFESTS, build, container, pick
from tests.manifests.reach import matches

if TYPE_CHECKING:
    from shared.service.objects import Obj

FOLDER = MANIFESTS / "monitoring"


@pytest.fixture(scope="module")
def overlay() -> list[Obj]:
    return build("overlays/monitoring")


def test_every_rule_file_is_an_object_that_says_the_same(overlay: list[Obj]) -> None:
    written = (FOLDER / "prometheus-rules.yaml").read_text()
    made = runpy.run_path(str(FOLDER / "prometheus_rules.py"))["text"]()
    assert written == made, "run: python manifests/monitoring/prometheus_rules.py"
    for path in (FOLDER / "rules").glob("*.yaml"):
        rule = pick(overlay, "PrometheusRule", f"exposed-services-{path.stem}")
        assert rule["spec"] == yaml.safe_load(path.read_text())


def test_every_dashboard_is_a_config_map_that_the_sidecar_finds(overlay: list[Obj]) -> None:
    files = list((FOLDER / "dashboards").glob("*.json"))
    maps = {
        obj["metadata"]["name"]: obj
        for obj in overlay
        if obj["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
    }
    assert maps.keys() == {path.stem for path in files}
    for path in files:
        config = maps[path.stem]
        assert config["metadata"]["annotations"]["grafana_folder"] == "Exposed services"
        assert json.loads(config["data"][path.name]) == json.loads(path.read_text())
        # `kubectl apply` keeps the object once more in an annotation, of 256 KiB at most
        assert len(json.dumps(config)) < 200_000


def scraped(overlay: list[Obj]) -> set[tuple[str, str, Any]]:
    """Job, program, and port of every target that the ServiceMonitors choose."""
    found = set()
    services = [obj for obj in overlay if obj["kind"] == "Service"]
    for monitor in (obj for obj in overlay if obj["kind"] == "ServiceMonitor"):
        spec = monitor["spec"]
        for service in services:
            labels = service["metadata"]["labels"]
            for endpoint in spec["endpoints"]:
                for port in service["spec"]["ports"]:
                    if matches(spec["selector"], labels) and port["name"] == endpoint["port"]:
                        program = service["spec"]["selector"]["app.kubernetes.io/name"]
                        found.add((labels[spec["jobLabel"]], program, port["targetPort"]))
    return found


def test_each_program_is_scraped_where_it_has_its_metrics(overlay: list[Obj]) -> None:
    assert scraped(overlay) == {
        ("gateway", "gateway", "admin"),
        ("management", "management", "http"),
        ("scaler", "scaler", "admin"),
    }
    for program in ("gateway", "management", "scaler"):
        template = pick(overlay, "Deployment", program)["spec"]["template"]
        said = template["metadata"]["annotations"]["prometheus.io/port"]
        ports = {str(each["containerPort"]) for each in container(overlay, program)["ports"]}
        assert said in ports
    # the operator's own label `service` would hide ours, which names an exposed service
    for monitor in (obj for obj in overlay if obj["kind"] == "ServiceMonitor"):
        assert all(each["honorLabels"] for each in monitor["spec"]["endpoints"])
