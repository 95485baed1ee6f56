"""Where a local run lives: ports, folder, lock, credentials, and what its processes are told."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest

from gateway.management import settings as management
from shared.cli.exits import ApiError
from shared.cli.local.layout import (
    Layout,
    TakenError,
    check_ports,
    locked,
    prepare,
    programs,
    read,
)
from shared.runtime.settings import SettingsError


def test_ports_from_the_environment(tmp_path: Path) -> None:
    layout = read({"EXPOSED_GATEWAY_PORT": "9000", "EXPOSED_API_PORT": "0"}, tmp_path)
    assert layout.gateway == 9000
    assert layout.management == 8082
    assert layout.api not in (0, 6443)
    with pytest.raises(SettingsError) as caught:
        read({"EXPOSED_GATEWAY_PORT": "x", "EXPOSED_SCALER_PORT": "70000"}, tmp_path)
    assert len(caught.value.problems) == 2


def test_every_taken_port_is_named(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        layout = read({f"EXPOSED_{name}_PORT": "0" for name in ("API", "MANAGEMENT")}, tmp_path)
        layout = Layout(
            tmp_path,
            gateway=one.getsockname()[1],
            scaler=two.getsockname()[1],
            gateway_admin=0,
            management=layout.management,
            api=layout.api,
        )
        with pytest.raises(TakenError) as caught:
            check_ports(layout)
    assert f"port {layout.gateway} (gateway) is in use" in caught.value.message
    assert f"port {layout.scaler} (scaler) is in use; choose another with EXPOSED_SCALER_PORT" in (
        caught.value.message
    )
    assert "management" not in caught.value.message
    assert caught.value.exit_code == 2


def test_one_run_a_folder(tmp_path: Path) -> None:
    second = locked(tmp_path / "home")
    with (
        locked(tmp_path / "home"),
        pytest.raises(TakenError, match=rf"process {os.getpid()}\) uses .* already"),
        second,
    ):
        pass
    with locked(tmp_path / "home"):
        pass


def test_credentials_are_private_and_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    prepare(layout)
    first = layout.credentials.read_text()
    assert stat.S_IMODE(layout.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.home.stat().st_mode) == 0o700
    assert first.startswith("oscar:")
    assert len(first.strip()) > 30
    prepare(layout)
    assert layout.credentials.read_text() == first


def test_the_gateway_is_told_the_digest_of_the_credentials_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    prepare(layout)
    given = next(one for one in programs(layout, {}) if one.name == "gateway").environment
    told = Path(given["GATEWAY_ADMINISTRATOR_DIGEST_FILE"]).read_text().strip()
    assert told == hashlib.sha256(layout.credentials.read_text().strip().encode()).hexdigest()
    assert str(layout.credentials) not in given.values()
    assert stat.S_IMODE(layout.digest.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [b"", b"nothing", b"\xff\xfe:", b"one:two\nthree"])
def test_spoilt_credentials_are_named_before_anything_starts(tmp_path: Path, text: bytes) -> None:
    layout = Layout(tmp_path)
    layout.credentials.write_bytes(text)
    with pytest.raises(ApiError, match=r"credentials does not hold one line user:password"):
        prepare(layout)


def test_oscars_dashboard_may_call_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    def allowed(environ: dict[str, str]) -> frozenset[str]:
        made = {program.name: program for program in programs(Layout(tmp_path), environ)}
        user = {"MANAGEMENT_USERNAME": "a", "MANAGEMENT_PASSWORD": "b"}
        given = {**made["management"].environment, "MANAGEMENT_CREDENTIALS_FILE": "", **user}
        return management.read(given).origins.allowed

    assert {"http://localhost:5173", "https://dashboard.oscar.grycap.net"} <= allowed({})
    assert allowed({"MANAGEMENT_ORIGINS": ""}) == frozenset()


def test_each_process_has_its_own_rights(tmp_path: Path) -> None:
    environ = {"KUBECONFIG": "/elsewhere", "PATH": "/bin", "SCALER_PERIOD": "5"}
    made = {program.name: program for program in programs(Layout(tmp_path), environ)}
    assert list(made) == ["cluster", "management", "gateway", "scaler"]
    for name in ("management", "gateway", "scaler"):
        assert made[name].environment["KUBECONFIG"] == str(tmp_path / f"{name}.kubeconfig")
    assert made["scaler"].environment["SCALER_PERIOD"] == "5"
    assert made["gateway"].environment["PATH"] == "/bin"


@pytest.mark.parametrize("name", ["credentials", "endpoint", "run.lock", "logs", "kubeconfig"])
def test_no_link_in_the_folder_is_followed(tmp_path: Path, name: str) -> None:
    home, victim = tmp_path / "home", tmp_path / "victim"
    home.mkdir(mode=0o700)
    (home / name).symlink_to(victim)
    with pytest.raises(ApiError, match=f"{name} is a symbolic link.*EXPOSED_HOME"):
        prepare(Layout(home))
    with pytest.raises(ApiError, match="symbolic link"), locked(home):
        pass
    assert not victim.exists()


def test_a_link_among_the_logs(tmp_path: Path) -> None:
    prepare(Layout(tmp_path / "home"))
    (tmp_path / "home/logs/gateway.log").symlink_to(tmp_path / "victim")
    with pytest.raises(ApiError, match=r"gateway\.log is a symbolic link"):
        prepare(Layout(tmp_path / "home"))


def test_a_folder_that_others_can_write(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    with pytest.raises(ApiError, match=r"can be written by others \(mode 777\)"), locked(home):
        pass
    assert not list(home.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser gives a folder away")
def test_the_folder_of_another_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 12345, 12345)
    with pytest.raises(ApiError, match=r"belongs to another user \(uid 12345\)"), locked(home):
        pass


@pytest.mark.parametrize("name", ["credentials", "endpoint", "run.lock", "logs"])
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    layout = Layout(tmp_path)
    if name == "logs":
        (tmp_path / name).write_text("no folder")
    else:
        (tmp_path / name).mkdir()
    with (
        pytest.raises(ApiError, match=rf"{name}.*EXPOSED_HOME|{name}.*credentials"),
        locked(tmp_path),
    ):
        prepare(layout)
