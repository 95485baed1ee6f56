"""apply, list, get, delete, stop, start, wake, restart: what they send and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.cli.conftest import Cli, FakeApi

FDL = """
functions:
  oscar:
  - cluster:
      name: one
      image: python
      script: run.sh
      expose: {api_port: 80, NodePort: 30001, set_auth: true}
"""


@pytest.fixture
def fdl(tmp_path: Path) -> str:
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "run.sh").write_text("exec server\n")
    (folder / "one.yaml").write_text(FDL)
    return str(folder / "one.yaml")


def test_apply_creates_then_replaces(cli: Cli, api: FakeApi, fdl: str) -> None:
    first = cli("apply", fdl)
    assert first.exit_code == 0, first.output
    assert "service/one created" in first.output
    assert f"{api.url}/system/services/one/exposed/" in first.output
    assert "warning: functions.oscar[0].expose.NodePort: the node port bypasses" in first.output
    assert api.services["one"]["script"] == "exec server\n"
    assert "service/one replaced" in cli("apply", fdl).output
    writes = [call for call in api.calls if not call.startswith("GET")]
    assert writes == ["POST /system/services", "PUT /system/services"]


def test_apply_names_every_error_and_sends_nothing(cli: Cli, api: FakeApi, fdl: str) -> None:
    Path(fdl).write_text(
        FDL.replace("api_port: 80", "api_port: 80, min_scale: -1").replace("run.sh", "gone.sh")
    )
    result = cli("apply", fdl)
    assert result.exit_code == 1
    assert "functions.oscar[0].script: cannot read 'gone.sh'" in result.output
    assert "functions.oscar[0].expose.min_scale: -1 is below 0" in result.output
    assert api.calls == []


def test_apply_sends_the_values_of_secrets(cli: Cli, api: FakeApi, fdl: str) -> None:
    secrets = "environment: {secrets: {KEY: value}}\n      expose"
    Path(fdl).write_text(FDL.replace("expose", secrets))
    assert cli("apply", fdl).exit_code == 0
    assert api.services["one"]["environment"]["secrets"] == {"KEY": "value"}


def test_a_refusal_of_the_api_is_shown(cli: Cli, fdl: str) -> None:
    Path(fdl).write_text(FDL.replace("name: one", "name: refused"))
    result = cli("apply", fdl)
    assert result.exit_code == 1
    assert "service/refused: The service specification is not valid: image (400)" in result.output


def test_the_token_alone(cli: Cli, fdl: str) -> None:
    cli("apply", fdl)
    assert cli("get", "one", "--token").output == "t" * 64 + "\n"


def test_lifecycle_and_delete(cli: Cli, api: FakeApi, fdl: str) -> None:
    cli("apply", fdl)
    for action, done in (
        *(("stop", "stopped"), ("start", "started")),
        *(("wake", "woken"), ("restart", "restarting")),
    ):
        assert cli(action, "one").output == f"service/one {done}: pending. {action}\n"
        assert api.calls[-1] == f"POST /system/services/one/{action}"
    assert cli("delete", "one").output == "service/one deleted\n"
    assert api.services == {}


@pytest.mark.parametrize("arguments", [("get",), ("delete",), ("stop",), ("load",)])
def test_a_missing_service(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments, "absent")
    assert result.exit_code == 1
    assert "there is no service 'absent'; `exposed list` shows what there is" in result.output


@pytest.mark.parametrize("name", ["", "a/b", "one?x=1", "-"])
def test_what_cannot_name_a_service_is_not_sent(cli: Cli, api: FakeApi, name: str) -> None:
    result = cli("get", "--", name)
    assert result.exit_code == 1
    assert f"{name!r} cannot name a service" in result.output
    assert api.calls == []


def test_unreachable_wrong_and_missing_credentials(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("oscar:wrong\n")
    assert "are not accepted (401)" in cli("list").output
    (tmp_path / "credentials").write_text("nothing\n")
    assert "does not hold one line user:password" in cli("list").output
    (tmp_path / "credentials").unlink()
    assert "start `exposed local` first" in cli("list").output
    (tmp_path / "credentials").write_text("oscar:secret\n")
    cli.environment["EXPOSED_ENDPOINT"] = "http://127.0.0.1:1"
    result = cli("list")
    assert result.exit_code == 1
    assert "cannot reach the services API at http://127.0.0.1:1" in result.output
