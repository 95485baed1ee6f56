"""The scaler over samples of the kubelet: real processes, real CPU, the rights of the overlay."""

from __future__ import annotations

import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.e2e.conftest import PROGRAMS, SERVICES, Run, start, stop, until_ready
from tests.waiting import until_blocking

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERLAY = Path(__file__).parents[2] / "manifests" / "overlays" / "kubelet"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("SCALER_SOURCE", "kubelet")
    service = str(SERVICES / "burner.yaml")
    started = start(tmp_path / "home", tmp_path / "output", "--service", service)
    try:
        until_ready(started)
        yield started
    finally:
        stop(started)


def test_it_scales_out_once_the_overlay_gives_the_right_to_ask_kubelets(
    run: Run, tmp_path: Path
) -> None:
    log = run.home / "logs" / "scaler.log"
    until_blocking(
        lambda: "needs the verb get on nodes/proxy" in log.read_text(), "the missing right", 60
    )
    assert utilisation(run) == ""
    role = tmp_path / "role.yaml"
    role.write_text(yaml.safe_dump(cluster_role(run)))
    run.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(role))
    until_blocking(lambda: utilisation(run), "a utilisation", 60)
    load = (str(PROGRAMS / "exposed"), "load", "burner", "?seconds=0.05")
    with subprocess.Popen(
        [*load, "--connections", "6", "--seconds", "180"],
        env=run.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            until_blocking(lambda: len(run.pods("burner")) > 1, "more than one pod under load", 170)
        finally:
            process.kill()
    events = ("get", "events", "-n", "oscar-svc")
    until_blocking(lambda: "SuccessfulRescale" in run.kubectl(*events), "the Event")


def cluster_role(run: Run) -> dict[str, object]:
    """The scaler's, as the overlay makes it."""
    made = run.kubectl("kustomize", str(OVERLAY))
    (role,) = (
        each
        for each in yaml.safe_load_all(made)
        if (each["kind"], each["metadata"]["name"]) == ("ClusterRole", "oscar-scaler")
    )
    found: dict[str, object] = role
    return found


def utilisation(run: Run) -> str:
    """What the scaler's metrics say of the service; empty when it has no sample to trust."""
    url = f"http://127.0.0.1:{run.ports['SCALER']}/metrics"
    with urllib.request.urlopen(url, timeout=60) as response:
        lines: list[str] = response.read().decode().splitlines()
    name = 'scaler_utilisation_percent{service="burner"}'
    return next((line for line in lines if line.startswith(name)), "")
