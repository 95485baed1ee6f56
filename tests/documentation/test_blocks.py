"""What the documents show is right: definitions, configurations, programs.

Blocks that name a file are the applications' (tests/test_guide.py), or are run
(tests/operations/test_documentation.py).
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.service.fdl import parse_document
from tests.documentation.accepted import KUBECTL
from tests.documentation.pages import BLOCKS, ROOT, Block

PROMTOOL = shutil.which("promtool") or ""
YAML = [block for block in BLOCKS if block.language == "yaml" and not block.name]
DEFINITIONS = [block for block in YAML if "functions:" in block.text]
KUSTOMIZATIONS = [block for block in YAML if "kind: Kustomization" in block.text]
PROMETHEUS = [block for block in YAML if block.text.startswith("scrape_configs:")]
PARTS = [block for block in YAML if block.text.startswith("expose:")]
OTHERS = {
    "docs/operate/dashboards.md",
    "docs/operate/front.md",
    "docs/operate/overlays.md",
    "docs/operate/tracing.md",
    "docs/use/command-line.md",
}
"""Pages with YAML that is no definition: Grafana's, variables of a Deployment, a collector,
profiles."""


def parsed(text: str) -> tuple[str, ...]:
    """The warnings of a definition that is right."""
    return tuple(
        warning
        for one in parse_document(text, lambda _: "#!/bin/sh\nexec serve\n")
        for warning in one.warnings
    )


@pytest.mark.parametrize("block", DEFINITIONS, ids=str)
def test_a_definition_is_right_and_odd_in_nothing(block: Block) -> None:
    assert parsed(block.text) == ()


@pytest.mark.parametrize("block", PARTS, ids=str)
def test_a_part_of_a_definition_is_right(block: Block) -> None:
    body: dict[str, Any] = {"name": "a", "image": "i", "script": "a.sh"}
    body |= yaml.safe_load(block.text)
    assert parsed(yaml.safe_dump({"functions": {"oscar": [{"local": body}]}})) == ()


@pytest.mark.parametrize("block", KUSTOMIZATIONS, ids=str)
def test_a_kustomization_is_built(block: Block, tmp_path: Path) -> None:
    """Beside a checkout of that name, as the text says."""
    (tmp_path / "exposed-services").symlink_to(ROOT)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/kustomization.yaml").write_text(block.text)
    command = [str(KUBECTL), "kustomize", str(tmp_path / "ours")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "registry.example.org/exposed-services" in ended.stdout


@pytest.mark.skipif(not PROMTOOL, reason="no promtool; apt-get install prometheus")
@pytest.mark.parametrize("block", PROMETHEUS, ids=str)
def test_prometheus_takes_a_configuration(block: Block, tmp_path: Path) -> None:
    """Debian's has no discovery by Kubernetes, so other addresses stand in for that."""
    shown = yaml.safe_load(block.text)
    for job in shown["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None):
            job["static_configs"] = [{"targets": ["gateway:8081"]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(shown))
    command = [PROMTOOL, "check", "config", "--syntax-only", str(tmp_path / "prometheus.yml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("block", YAML, ids=str)
def test_yaml_is_yaml_and_of_a_known_kind(block: Block) -> None:
    yaml.safe_load(block.text)
    known = DEFINITIONS + PARTS + KUSTOMIZATIONS + PROMETHEUS
    assert block in known or block.page in OTHERS


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python"], ids=str)
def test_python_is_python(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "json"], ids=str)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)
