"""gRPC as the guide to calling a service shows it: its definition, its server and its client."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.documentation.pages import BY_NAME
from tests.e2e.conftest import Run, start, stop, until_ready
from tests.waiting import until_blocking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOWN = {one.name: one.text for one in BY_NAME["docs/use/calling.md"].blocks if one.name}

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("grpc")
    service = yaml.safe_load(SHOWN["grpc_service.yaml"])
    document = yaml.safe_dump({"functions": {"oscar": [{"local": service}]}})
    (folder / "speech.yaml").write_text(document)
    (folder / "grpc_server.sh").write_text(SHOWN["grpc_server.sh"])
    (folder / "grpc_client.py").write_text(SHOWN["grpc_client.py"])
    named = ("--service", str(folder / "speech.yaml"))
    started = start(folder / "home", folder / "output", *named)
    try:
        until_ready(started)
        yield started
    finally:
        stop(started)


def client(run: Run, token: str) -> subprocess.CompletedProcess[str]:
    """The guide's client."""
    environment = run.environment() | {
        "SERVICE": f"{run.url}/system/services/speech/exposed",
        "TOKEN": token,
    }
    return subprocess.run(
        [sys.executable, str(run.home.parent / "grpc_client.py")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_programs_of_the_guide(run: Run) -> None:
    token = run.exposed("get", "speech", "--token").strip()
    ended = client(run, token)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "said: hello\nONE\nTWO\n"
    refused = client(run, "0" * 64)
    assert "StatusCode.UNAUTHENTICATED" in refused.stderr


def test_its_objects_say_what_it_speaks(run: Run) -> None:
    ports = "{.spec.ports[*].appProtocol}"
    service = ("get", "service", "speech-svc", "-n", "oscar-svc")
    assert run.kubectl(*service, "-o", f"jsonpath={ports}") == "kubernetes.io/h2c"
    (pod,) = run.pods("speech")
    (container,) = pod["spec"]["containers"]
    assert container["readinessProbe"]["tcpSocket"] == {"port": "podport-0"}
    assert "protocol: grpc" in run.exposed("get", "speech", "-o", "yaml")


def test_another_protocol_changes_the_probes(run: Run, tmp_path: Path) -> None:
    def readiness() -> str:
        deployment = ("get", "deployment", "speech-dlp", "-n", "oscar-svc")
        probe = "{.spec.template.spec.containers[0].readinessProbe}"
        return run.kubectl(*deployment, "-o", f"jsonpath={probe}")

    document = yaml.safe_load((run.home.parent / "speech.yaml").read_text())
    (entry,) = document["functions"]["oscar"]
    entry["local"]["expose"]["protocol"] = "http1"
    entry["local"]["script"] = str(run.home.parent / "grpc_server.sh")
    (tmp_path / "speech.yaml").write_text(yaml.safe_dump(document))
    run.exposed("apply", str(tmp_path / "speech.yaml"))
    until_blocking(lambda: "httpGet" in readiness(), "the other probe")
    assert "tcpSocket" not in readiness()
