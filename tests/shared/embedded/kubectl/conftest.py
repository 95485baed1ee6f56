"""The real kubectl against the embedded cluster, over HTTPS, with a kubeconfig from a file."""

from __future__ import annotations

import base64
import copy
import os
import shutil
import ssl
import subprocess
import sysconfig
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

TIMEOUT = 120.0
"""Seconds one command may take; reached only when something is broken."""


class Kubectl:
    """Runs kubectl in one namespace. Its caches live in `home`."""

    def __init__(self, kubeconfig: Path, home: Path, namespace: str = "") -> None:
        binary = Path(sysconfig.get_path("scripts")) / "kubectl"
        self._binary = str(binary if binary.exists() else shutil.which("kubectl"))
        self._environ = {
            "HOME": str(home),
            "KUBECONFIG": str(kubeconfig),
            "PATH": os.environ["PATH"],
        }
        self.home = home
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self._folder: Path | None = None
        self._scope = ("-n", namespace) if namespace else ()

    def by(self, binary: str) -> Kubectl:
        """The same with another kubectl."""
        other = copy.copy(self)
        other._binary = binary
        return other

    def within(self, folder: Path, binary: str = "") -> Kubectl:
        """The same in `folder`, with the kubeconfig that is there, and perhaps another kubectl."""
        other = self.by(binary or self._binary)
        other._folder = folder
        other._environ = {**self._environ, "KUBECONFIG": str(folder / "kubeconfig")}
        return other

    def run(
        self, *args: str, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """One command, to its end, whatever that is."""
        return subprocess.run(
            [self._binary, *self._scope, *args],
            input=stdin,
            env={**self._environ, **(env or {})},
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def __call__(self, *args: str, stdin: str = "") -> str:
        """The standard output of a command that must succeed."""
        done = self.run(*args, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}{done.stdout}"
        return done.stdout

    def fails(self, *args: str, stdin: str = "") -> str:
        """The standard error of a command that must not succeed."""
        done = self.run(*args, stdin=stdin)
        assert done.returncode != 0, f"kubectl {' '.join(args)} succeeded: {done.stdout}"
        return done.stderr

    def object(self, *args: str) -> dict[str, Any]:
        """What `kubectl get … -o json` answers."""
        found: dict[str, Any] = orjson.loads(self("get", *args, "-o", "json"))
        return found

    def apply(self, *objects: dict[str, Any], flags: tuple[str, ...] = ()) -> str:
        """`kubectl apply -f -` of `objects`."""
        text = orjson.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).decode()
        return self("apply", *flags, "-f", "-", stdin=text)

    def follow(self, *args: str) -> Following:
        """Start a command that goes on, to be read line by line."""
        return Following([self._binary, *self._scope, *args], self._environ)


class Following:
    """A running kubectl whose output is read as it comes."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Following:
        self._guard = threading.Timer(TIMEOUT, self._process.kill)
        self._guard.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._guard.cancel()
        self._process.kill()
        self._process.communicate()

    def until(self, text: str) -> str:
        """Read up to the next line that has `text` in it."""
        assert self._process.stdout is not None
        seen = []
        for line in self._process.stdout:
            seen.append(line)
            if text in line:
                return line
        raise AssertionError(f"the output ended without {text!r}: {''.join(seen)}")

    def end(self) -> int:
        """Wait for the command to end; its exit code."""
        return self._process.wait(TIMEOUT)


@pytest.fixture(scope="package")
def admin(cluster_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """kubectl with the administrator's rights, in the namespace `default`."""
    return Kubectl(cluster_home / "kubeconfig", tmp_path_factory.mktemp("kubectl"))


@pytest.fixture
def kubectl(admin: Kubectl, cluster_home: Path) -> Iterator[Kubectl]:
    """kubectl with the administrator's rights in a namespace that is new for each test."""
    with _namespace(cluster_home) as name:
        yield Kubectl(cluster_home / "kubeconfig", admin.home, name)


@pytest.fixture(scope="module")
def shared_kubectl(admin: Kubectl, cluster_home: Path) -> Iterator[Kubectl]:
    """The same in one namespace for all tests of a module, which only read in it."""
    with _namespace(cluster_home) as name:
        yield Kubectl(cluster_home / "kubeconfig", admin.home, name)


@contextmanager
def _namespace(home: Path) -> Iterator[str]:
    name = f"t-{uuid.uuid4().hex[:8]}"
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    _call(home, "POST", "/api/v1/namespaces", space)
    yield name
    _call(home, "DELETE", f"/api/v1/namespaces/{name}")


def _call(home: Path, method: str, path: str, body: object = None) -> None:
    """A request of the administrator; a tenth of what another kubectl would take."""
    config = yaml.safe_load((home / "kubeconfig").read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    request = urllib.request.Request(
        cluster["server"] + path,
        method=method,
        data=orjson.dumps(body) if body else None,
        headers={"Authorization": f"Bearer {user['token']}", "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cadata=authority)
    urllib.request.urlopen(request, context=context, timeout=TIMEOUT).close()


def _workload(name: str, script: str, *, replicas: int = 1, **container: Any) -> dict[str, Any]:
    """A Deployment whose pods run the shell text `script`."""
    main = {"name": "main", "image": "local", "command": ["/bin/sh", "-c", script], **container}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [main], "terminationGracePeriodSeconds": 5},
            },
        },
    }


@pytest.fixture(scope="session")
def workload() -> Callable[..., dict[str, Any]]:
    """`workload(name, script, replicas=…, **container)`: a Deployment of pods that run `script`."""
    return _workload
