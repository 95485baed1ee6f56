"""list and get: one form for people, others for programs, and FDL that reads back alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.cli.commands.listing import reason, state
from tests.shared.cli.commands.test_apply import entry, writes, written
from tests.shared.cli.conftest import Cli
from tests.shared.cli.real import RealApi

STUCK = "1 of 1 ready, but the new version does not start: ProgressDeadlineExceeded: late"

TOO_FEW = "MinimumReplicasUnavailable: Deployment does not have minimum availability."


def service(told: str, **deployment: Any) -> dict[str, Any]:
    return {
        "name": "one",
        "expose": {"api_port": [80]},
        "deployment": {"state": told, **deployment},
    }


@pytest.mark.parametrize(
    ("obj", "states", "why"),
    [
        (service("ready", reason="MinimumReplicasAvailable: yes"), "ready", ""),
        (service("ready", reason=STUCK), "ready", STUCK),
        (service("stopped", reason="Deployment is stopped."), "stopped", ""),
        (
            service("asleep", reason="x", last_transition_time="2026-01-01T00:00:00Z"),
            "asleep (12 m)",
            "",
        ),
        (service("asleep"), "asleep (?)", ""),
        (service("failed", reason="FailedCreate:\n  quota"), "failed", "FailedCreate: quota"),
        (service("failed", reason="x" * 200), "failed", "x" * 99 + "…"),
        (service("pending"), "pending", ""),
        (service("pending", reason=TOO_FEW), "pending", TOO_FEW),
        (
            service("pending", reason=f"{TOO_FEW} CrashLoopBackOff: 3"),
            "pending",
            "CrashLoopBackOff: 3",
        ),
        ({"name": "one", "expose": {"api_port": [80]}}, "unknown", ""),
        ({"name": "one", "expose": {}, "deployment": {"reason": "missing"}}, "not exposed", ""),
    ],
)
def test_state_and_reason(obj: dict[str, Any], states: str, why: str) -> None:
    assert (state(obj, "2026-01-01T00:12:30Z"), reason(obj)) == (states, why)


def test_forms_of_a_list(exposed: Cli, tmp_path: Path) -> None:
    assert "there are no services" in exposed("list").output
    assert exposed("list", "-o", "json").output == "[]\n"
    exposed("apply", written(tmp_path, entry("two"), entry("one", "{api_port: 80, min_scale: 2}")))
    names = exposed("list", "-o", "name").output
    assert names == "service/one\nservice/two\n"
    assert [one["name"] for one in json.loads(exposed("list", "-o", "json").output)] == [
        "one",
        "two",
    ]
    assert yaml.safe_load(exposed("list", "-o", "yaml").output)[0]["expose"]["api_port"] == [80]
    header, one, _ = exposed("list").output.splitlines()
    assert header.split()[:4] == ["NAME", "STATE", "PODS", "SCALE"]
    assert one.split()[:6] == ["one", one.split()[1], one.split()[2], "2-10", "80%", "none"]


def test_a_list_is_one_call(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    exposed("apply", written(tmp_path, *(entry(f"n{number}") for number in range(3))))
    real.calls.clear()
    exposed("list")
    assert real.calls == ["GET /system/services"]


def test_what_get_prints_changes_nothing_when_applied(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    more = "      environment: {variables: {A: 'yes'}, secrets: {KEY: hunter2}}\n      cpu: '1'\n"
    more += "      storage_providers: {minio: {a: {secret_key: hunter2, region: x}}}\n"
    exposed("apply", written(tmp_path, entry("one", "{api_port: 80, set_auth: true}", more)))
    before = real.within(lambda: real.cluster.deployment("one"))["spec"]
    text = exposed("get", "one").output
    assert "hunter2" not in text
    assert "token" not in text
    (tmp_path / "again.yaml").write_text(text)
    again = str(tmp_path / "again.yaml")
    assert exposed("diff", again).exit_code == 0
    assert exposed("apply", "--dry-run", again).output == "service/one unchanged (dry run)\n"
    result = exposed("apply", again)
    assert result.exit_code == 0, result.output
    assert real.within(lambda: real.cluster.deployment("one"))["spec"] == before
    assert real.secret("one-env") == {"KEY": "hunter2"}
    assert writes(real)[-1] == "PUT /system/services"


def test_get_for_programs(exposed: Cli, tmp_path: Path) -> None:
    exposed("apply", written(tmp_path, entry("one"), entry("two")))
    assert json.loads(exposed("get", "one", "-o", "json").output)["deployment"]["resource_kind"]
    assert len(json.loads(exposed("get", "one", "two", "-o", "json").output)) == 2
    assert exposed("get", "service/one", "-o", "name").output == "service/one\n"
    assert len(yaml.safe_load(exposed("get", "one", "two").output)["functions"]["oscar"]) == 2
    missing = exposed("get", "one", "absent", "gone")
    assert missing.exit_code == 1
    assert "no service 'absent'" in missing.output
    assert "no service 'gone'" in missing.output
    assert exposed("get").exit_code == 2
