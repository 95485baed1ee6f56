"""The commands of docs/operate/install.md, and every overlay, by the real kubectl.

Pods are another matter: replicas are 0 here, for the ports of all Deployments are the machine's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from shared.embedded.declarations import KINDS
from tests.manifests.built import KUBECTL, MANIFESTS, OVERLAYS, ROOT, build

if TYPE_CHECKING:
    from collections.abc import Iterator

LACKING = {
    "Certificate",
    "Gateway",
    "PrometheusRule",
    "ServiceMonitor",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}
"""Kinds of the manifests that the embedded API server has not got."""
PAGE = (ROOT / "docs" / "operate" / "install.md").read_text()


class Shell:
    """Commands in a copy of the manifests, against a cluster of one's own."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self.folder = folder
        path = f"{KUBECTL.parent}:{os.environ['PATH']}"
        self._environ = os.environ | {"KUBECONFIG": str(kubeconfig), "PATH": path}

    def run(self, command: str, *codes: int) -> str:
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=self.folder, env=self._environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in (codes or (0,)), f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp("installed")
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(MANIFESTS, folder / "manifests", ignore=shutil.ignore_patterns("*.py"))
    _without_pods(folder / "manifests" / "base" / "kustomization.yaml")
    command = [sys.executable, "-m", "shared.embedded", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline(), "the embedded cluster did not start"
        yield Shell(folder, home / "kubeconfig")
        process.terminate()
        assert process.wait(60) == 0


def _without_pods(kustomization: Path) -> None:
    document = yaml.safe_load(kustomization.read_text())
    names = ("gateway", "management", "scaler")
    document["replicas"] = [{"name": name, "count": 0} for name in names]
    kustomization.write_text(yaml.safe_dump(document))


def told(part: str) -> list[str]:
    """The lines of kubectl, printf and sha256sum in a section of the page."""
    section = PAGE.partition(f"\n## {part}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("kubectl", "printf", "sha256sum"))]


def _is_for_pods(line: str) -> bool:
    return any(word in line for word in ("rollout", "port-forward", "logs"))


def test_the_first_time_an_upgrade_and_the_end(shell: Shell) -> None:
    for line in told("The first time"):
        if not _is_for_pods(line):
            shell.run(line.replace("overlays/single-node", "base"))
    secret = yaml.safe_load(shell.run("kubectl get secret -n oscar -o yaml management-credentials"))
    assert secret["data"].keys() == {"credentials", "digest"}
    for line in told("Upgrading"):
        if "diff" in line:
            shell.run(line, 1)  # there is a difference: the overlay is another
        elif not _is_for_pods(line):
            shell.run(line)
    service = yaml.safe_load(shell.run("kubectl get service -n oscar -o yaml gateway"))
    assert service["spec"]["ports"][0]["nodePort"] == 30808
    the_programs, everything = told("Removing")
    shell.run(the_programs)
    ours = "-n oscar -l app.kubernetes.io/part-of=exposed-services"
    assert shell.run(f"kubectl get deployments,services,poddisruptionbudgets {ours} -o name") == ""
    assert shell.run("kubectl get networkpolicies -n oscar-svc -o name") != ""
    shell.run(everything)
    left = shell.run("kubectl get namespaces,clusterroles,priorityclasses -o name").split()
    assert not [name for name in left if "oscar" in name or "exposed" in name]


@pytest.fixture(scope="module")
def based(shell: Shell) -> Shell:
    shell.run("kubectl apply -k manifests/base")
    return shell


@pytest.mark.parametrize("folder", [folder for folder in OVERLAYS if folder != "base"])
def test_an_overlay_is_applied_over_the_base_and_again_unchanged(based: Shell, folder: str) -> None:
    served = {kind.kind for kind in KINDS}
    lacking = {obj["kind"] for obj in build(folder)} - served
    assert lacking <= LACKING
    name = folder.replace("/", "-")
    made = based.folder / "manifests" / "tested" / name
    made.mkdir(parents=True, exist_ok=True)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"../../{folder}"],
        "patches": [
            {"target": {"kind": kind}, "patch": f"$patch: delete\nkind: {kind}\n"
             "apiVersion: v1\nmetadata: {name: any}\n"} for kind in sorted(lacking)
        ],
    }  # fmt: skip
    (made / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    command = f"kubectl apply -k manifests/tested/{name}"
    assert "Warning" not in based.run(f"{command} 2>&1")
    again = based.run(command).splitlines()
    changed = [line for line in again if not line.endswith(" unchanged")]
    # of a budget kubectl always sends the selector, in any cluster
    assert all(line.startswith("poddisruptionbudget.policy/") for line in changed)
    based.run("kubectl apply -k manifests/base")


def test_each_kind_that_is_lacking_is_used() -> None:
    used = {obj["kind"] for folder in OVERLAYS for obj in build(folder)}
    assert used - {kind.kind for kind in KINDS} == LACKING
