"""Beginning and end of a local run: nothing is left, nothing is lost, conflicts are clear."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import SERVICES, Run, free_ports, start, stop, until_ready
from tests.waiting import until_blocking

pytestmark = pytest.mark.timeout(180)


def descendants(run: Run) -> list[psutil.Process]:
    return psutil.Process(run.process.pid).children(recursive=True)


def gone(found: list[psutil.Process]) -> bool:
    return not [process for process in found if process.is_running()]


def test_ctrl_c_ends_everything_and_the_services_are_there_again(tmp_path: Path) -> None:
    services = (str(SERVICES / name) for name in ("burner.yaml", "notes.yaml"))
    stated = [word for service in services for word in ("--service", service)]
    run = start(tmp_path / "home", tmp_path / "out", *stated)
    try:
        until_ready(run)
        assert run.call("notes", "starts").body.strip() == "1"
        token = run.exposed("get", "burner", "--token")
        found = descendants(run)
        assert len(found) >= 6
    finally:
        stop(run)
    assert run.process.returncode == 0
    assert gone(found)

    again = start(tmp_path / "home", tmp_path / "out2", "--empty", ports=run.ports)
    try:
        until_ready(again)
        assert again.exposed("get", "burner", "--token") == token
        until_blocking(
            lambda: again.call("burner").status == 200, "an answer of the kept service", 60
        )
        until_blocking(
            lambda: again.call("notes", "starts").body.strip() == "2", "the kept volume", 60
        )
        # A killed run: everything it started ends by itself, and the next run works.
        found = descendants(again)
        again.process.kill()
        again.process.wait(60)
        until_blocking(lambda: gone(found), "no process is left")
    finally:
        stop(again)

    # The same services, behind TLS with a certificate that the run makes.
    third = start(tmp_path / "home", tmp_path / "out3", "--empty", "--tls", ports=run.ports)
    try:
        until_ready(third)
        assert third.url == f"https://localhost:{third.ports['GATEWAY']}"
        assert third.exposed("get", "burner", "--token") == token
        assert f"curl --cacert {third.home / 'gateway-ca.crt'} -u burner:" in third.said()
        until_blocking(
            lambda: third.call("burner").status == 200, "an answer after a killed run", 60
        )
        # A second run in the same folder is told so and disturbs nothing.
        second = start(third.home, tmp_path / "out4", "--empty", ports=free_ports())
        assert second.process.wait(60) == 2
        assert f"(process {third.process.pid}) uses" in second.said()
        assert third.call("burner").status == 200
    finally:
        stop(third)


def test_taken_ports_are_all_named(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        ports = free_ports() | {"GATEWAY": one.getsockname()[1], "API": two.getsockname()[1]}
        run = start(tmp_path / "home", tmp_path / "out", "--empty", ports=ports)
        assert run.process.wait(60) == 2
    assert f"port {ports['GATEWAY']} (gateway) is in use" in run.said()
    assert "EXPOSED_API_PORT" in run.said()
    assert not (tmp_path / "home" / "kubeconfig").exists()
