"""exec, cp, attach and port-forward by the real kubectl; by its older protocol where one is found.

`KUBECTL_OLD` names a kubectl older than 1.31, which speaks SPDY and no WebSocket.
"""

from __future__ import annotations

import os
import shlex
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.shared.embedded.kubectl.conftest import Following, Kubectl

Workload = Callable[..., dict[str, Any]]

WAIT = "--timeout=90s"
SERVER = "echo here; exec python -m http.server --bind $HOST $PORT"
OLD = os.environ.get("KUBECTL_OLD", "")


@pytest.fixture(scope="module", params=["", OLD] if OLD else [""])
def web(shared_kubectl: Kubectl, workload: Workload, request: pytest.FixtureRequest) -> Kubectl:
    """kubectl beside one pod that serves files and has a volume at /data."""
    if request.param:
        return shared_kubectl.by(request.param)
    ports = [{"containerPort": 80}]
    mounts = [{"name": "v", "mountPath": "/data"}]
    deployment = workload("web", SERVER, ports=ports, volumeMounts=mounts)
    deployment["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "emptyDir": {}}]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 8000, "targetPort": 80}]},
    }
    shared_kubectl.apply(deployment, service)
    shared_kubectl("rollout", "status", "deployment/web", WAIT)
    return shared_kubectl


def pod(kubectl: Kubectl) -> str:
    return kubectl("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")


def test_exec_tells_output_errors_and_exit_code(web: Kubectl) -> None:
    done = web.run("exec", "deploy/web", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.returncode, done.stdout) == (3, "out\n")
    assert done.stderr == "err\ncommand terminated with exit code 3\n"


def test_exec_reads_its_input_to_the_end(web: Kubectl) -> None:
    text = "line of input\n" * 20_000
    assert web("exec", "-i", "deploy/web", "--", "cat", stdin=text) == text


def test_exec_of_what_is_not_there(web: Kubectl) -> None:
    done = web.run("exec", "deploy/web", "--", "nosuch")
    assert done.returncode == 127
    assert 'exec: "nosuch": executable file not found in $PATH' in done.stderr
    assert "container x is not valid" in web.fails("exec", "deploy/web", "-c", "x", "--", "ls")
    assert 'pods "nosuch" not found' in web.fails("exec", "nosuch", "--", "ls")


def test_cp_goes_both_ways_through_volumes(web: Kubectl, tmp_path: Path) -> None:
    name = pod(web)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("content")
    web("cp", str(tmp_path / "folder"), f"{name}:/data/folder")
    assert web("exec", name, "--", "cat", "/data/folder/file") == "content"
    web("cp", f"{name}:/data/folder", str(tmp_path / "back"))
    assert (tmp_path / "back" / "file").read_text() == "content"
    web("exec", name, "--", "rm", "-r", "/data/folder")


def fetched(forwarding: Following, count: int = 1) -> list[int]:
    """The status of requests to the port that kubectl says it forwards."""
    line = forwarding.until("Forwarding from 127.0.0.1:")
    port = line.split(":")[1].split()[0]
    found = []
    for _ in range(count):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            found.append(answer.status)
    return found


def test_port_forward_to_a_pod_and_a_service(web: Kubectl) -> None:
    with web.follow("port-forward", pod(web), ":80") as forwarding:
        assert fetched(forwarding, 3) == [200, 200, 200]
    with web.follow("port-forward", "service/web", ":8000") as forwarding:
        assert fetched(forwarding) == [200]


def test_port_forward_to_a_port_that_nobody_listens_on(web: Kubectl) -> None:
    with web.follow("port-forward", pod(web), ":81") as forwarding:
        with pytest.raises((OSError, AssertionError)):
            fetched(forwarding)
        assert "connection refused" in forwarding.until("rror occurred forwarding")
        assert forwarding.end() == 1


def test_attach_shows_what_is_printed_from_now_on(web: Kubectl) -> None:
    with web.follow("attach", pod(web)) as attached:
        attached.until("If you don't see a command prompt")  # it says so before it is attached
        get = 'import os, urllib.request as r; r.urlopen(f\'http://{os.environ["HOST"]}:{os.environ["PORT"]}\')'
        again = f"while python -c {shlex.quote(get)}; do sleep 0.5; done"
        with web.follow("exec", "deploy/web", "--", "sh", "-c", again):
            assert '"GET / HTTP/1.1" 200' in attached.until("GET")


def test_proxy_hands_requests_on(web: Kubectl) -> None:
    with web.follow("proxy", "--port=0") as proxy:
        address = proxy.until("Starting to serve on").split()[-1]
        with urllib.request.urlopen(f"http://{address}/api/v1/namespaces", timeout=60) as answer:
            assert b"NamespaceList" in answer.read()
