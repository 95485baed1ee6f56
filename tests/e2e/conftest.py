"""One local run of the whole system: `exposed local` as a process, as a person starts it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.runtime.ports import free_port
from tests.waiting import until_blocking

SERVICES = Path(__file__).parent / "services"
PROGRAMS = Path(sys.executable).parent
PORTS = ("GATEWAY", "GATEWAY_ADMIN", "MANAGEMENT", "SCALER", "API")


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    body: str
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Run:
    """A running system and the ways in which people use it."""

    home: Path
    ports: dict[str, int]
    process: subprocess.Popen[str]
    output: Path
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """As the run itself says it."""
        return (self.home / "endpoint").read_text().strip()

    @property
    def trust(self) -> ssl.SSLContext | None:
        """What a client other than `exposed` trusts."""
        if not self.url.startswith("https:"):
            return None
        return ssl.create_default_context(cafile=self.home / "gateway-ca.crt")

    def said(self) -> str:
        return self.output.read_text()

    def request(self, path: str, *, user: str = "", password: str = "", **kw: Any) -> Answer:
        request = urllib.request.Request(self.url + path, **kw)
        if user:
            word = base64.b64encode(f"{user}:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {word}")
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.trust) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))

    def call(self, name: str, path: str = "", **kw: Any) -> Answer:
        """A request to service `name` with its token."""
        if name not in self.tokens:
            self.tokens[name] = self.exposed("get", name, "--token").strip()
        return self.request(
            f"/system/services/{name}/exposed/{path}", user=name, password=self.tokens[name], **kw
        )

    def exposed(self, *arguments: str) -> str:
        return self._output("exposed", *arguments)

    def explained(self, name: str) -> str:
        """What the scaler says of the size of service `name`."""
        return self._output("python", "-m", "scaler", "explain", name)

    def kubectl(self, *arguments: str) -> str:
        return self._output("kubectl", *arguments)

    def pods(self, name: str) -> list[dict[str, Any]]:
        """The pods of service `name` that are not being deleted."""
        text = self.kubectl("get", "pods", "-n", "oscar-svc", "-o", "json")
        items: list[dict[str, Any]] = json.loads(text)["items"]
        return [
            pod
            for pod in items
            if pod["metadata"]["name"].startswith(f"{name}-dlp-")
            and "deletionTimestamp" not in pod["metadata"]
        ]

    def child(self, module: str) -> psutil.Process | None:
        """The process of the run that runs `module`, if there is one now."""
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if module in process.cmdline():
                    return process
        return None

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "EXPOSED_HOME": str(self.home),
            "KUBECONFIG": str(self.home / "kubeconfig"),
            "KUBECACHEDIR": str(self.home / "kubecache"),
            **{f"EXPOSED_{name}_PORT": str(port) for name, port in self.ports.items()},
        }

    def _output(self, program: str, *arguments: str) -> str:
        result = subprocess.run(
            [str(PROGRAMS / program), *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, f"{program} {arguments}: {result.stderr}{result.stdout}"
        return result.stdout


def free_ports() -> dict[str, int]:
    return {name: free_port() for name in PORTS}


def start(home: Path, output: Path, *arguments: str, ports: dict[str, int] | None = None) -> Run:
    """Start `exposed local`; the caller ends it."""
    run = Run(home, ports or free_ports(), None, output)  # type: ignore[arg-type]
    with output.open("w") as file:
        run.process = subprocess.Popen(
            [str(PROGRAMS / "exposed"), "local", *arguments],
            env=run.environment(),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return run


def until_ready(run: Run) -> None:
    until_blocking(
        lambda: "Everything runs" in run.said() or run.process.poll() is not None, "ready", 90
    )
    assert run.process.poll() is None, run.said()


def stop(run: Run) -> None:
    if run.process.poll() is None:
        run.process.send_signal(signal.SIGINT)
    try:
        run.process.wait(60)
    finally:
        run.process.kill()


@contextlib.contextmanager
def local(folder: Path, service: str, ports: dict[str, int] | None = None) -> Iterator[Run]:
    """The system in `folder` with one of the services beside this file."""
    named = ("--service", str(SERVICES / service))
    started = start(folder / "home", folder / "output", *named, ports=ports)
    try:
        until_ready(started)
        yield started
    finally:
        stop(started)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The system with the services of this folder, for the tests of one file."""
    with local(tmp_path_factory.mktemp("local"), "burner.yaml") as started:
        yield started
