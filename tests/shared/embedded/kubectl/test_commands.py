"""What users type, as `commands.yaml` has it: exit codes and shapes as on a real cluster.

A story runs to its end, and then all that differs is told at once. `KUBECTL` names another kubectl
than the newest.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.shared.embedded.kubectl.conftest import Kubectl

STORIES: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("commands.yaml").read_text()
)
SETTINGS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"key": "value"},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
}
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}],
}


def test_at_least_eighty_commands_are_tried() -> None:
    assert len({step["run"] for story in STORIES.values() for step in story}) >= 80


@pytest.fixture
def place(kubectl: Kubectl, tmp_path: Path, workload: Callable[..., Any]) -> Kubectl:
    """kubectl in a folder of its own with the files that the stories name, and a kubeconfig that
    they may change."""
    typo = workload("typo", "sleep 1000", replicas=0)
    typo["spec"]["replica"] = 1
    web = workload(
        "web", "echo I am web; exec sleep 1000", replicas=2,
        ports=[{"containerPort": 8080}], volumeMounts=[{"name": "v", "mountPath": "/data"}],
    )  # fmt: skip
    web["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "emptyDir": {}}]
    files: dict[str, list[Any]] = {
        "configmap.yaml": [SETTINGS],
        "changed.yaml": [{**SETTINGS, "data": {"key": "other"}}],
        "role.yaml": [{**ROLE, "metadata": {"name": "writer", "namespace": kubectl.namespace}}],
        "unknown.yaml": [typo],
        "web.yaml": [web, SERVICE],
        "kustomization.yaml": [{"resources": ["configmap.yaml"], "namePrefix": "of-"}],
    }
    for name, documents in files.items():
        (tmp_path / name).write_text(yaml.safe_dump_all(documents))
    shutil.copy(kubectl.kubeconfig, tmp_path / "kubeconfig")
    return kubectl.within(tmp_path, os.environ.get("KUBECTL", ""))


@pytest.mark.parametrize("story", STORIES)
def test_commands(place: Kubectl, story: str) -> None:
    known = {"ns": place.namespace, "node": place("get", "nodes", "-o", "name").strip()[5:]}
    differences = []
    for step in STORIES[story]:
        if "{pod}" in str(step) and "pod" not in known:
            found = place("get", "pods", "-l", "app=web", "-o", "name").split()
            known["pod"] = found[0].removeprefix("pod/")
        difference = _difference(place, step, known)
        if difference:
            differences.append(difference)
    assert not differences, "\n\n".join(differences)


def _difference(kubectl: Kubectl, step: dict[str, Any], known: dict[str, str]) -> str:
    """What is not as expected of a command; empty when all is."""
    words = [_filled(word, known) for word in shlex.split(step["run"])]
    done = kubectl.run(*words, stdin=step.get("stdin", ""), env=step.get("env"))
    wanted = [(pattern, done.stdout) for pattern in _patterns(step, "out", known)]
    wanted += [(pattern, done.stderr) for pattern in _patterns(step, "err", known)]
    missing = [pattern for pattern, text in wanted if not re.search(pattern, text)]
    if done.returncode == step.get("code", 0) and not missing:
        return ""
    return (
        f"kubectl {shlex.join(words)}\n  exit code {done.returncode}, not found: {missing}\n"
        f"{done.stdout}{done.stderr}"
    )


def _patterns(step: dict[str, Any], name: str, known: dict[str, str]) -> list[str]:
    given = step.get(name, [])
    return [_filled(each, known) for each in ([given] if isinstance(given, str) else given)]


def _filled(text: str, known: dict[str, str]) -> str:
    """`text` with {ns}, {node} and {pod} put in; other braces stay."""
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text
