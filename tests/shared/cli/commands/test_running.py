"""delete, stop, start, restart: several services or all, each word once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.cli.commands.running import told
from tests.shared.cli.commands.test_apply import entry, writes, written
from tests.shared.cli.conftest import Cli
from tests.shared.cli.real import RealApi


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ({"state": "stopped", "reason": "Deployment is stopped."}, "stopped"),
        ({"state": "pending", "reason": "no pods"}, "stopped: pending. no pods"),
        ({"state": "ready", "reason": ""}, "stopped: ready"),
        ({}, "stopped"),
        ({"state": "pending", "reason": "MinimumReplicasAvailable: yes"}, "stopped: pending"),
    ],
)
def test_each_word_once(status: dict[str, Any], text: str) -> None:
    assert told("stopped", status) == text


def test_delete_does_what_it_can_and_fails_at_the_end(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    exposed("apply", written(tmp_path, entry("one"), entry("two"), entry("three")))
    result = exposed("delete", "absent", "one", "One", "service/two")
    assert result.exit_code == 1
    assert result.stdout == "service/one deleted\nservice/two deleted\n"
    assert "no service 'absent'" in result.stderr
    assert "'One' cannot name a service" in result.stderr
    assert real.names() == ["three"]


def test_delete_all_asks(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    exposed("apply", written(tmp_path, entry("one"), entry("two")))
    refused = exposed("delete", "--all")
    assert refused.exit_code == 1
    assert "all 2 services would be deleted: one, two" in refused.output
    assert "--yes" in refused.output
    assert real.names() == ["one", "two"]
    assert exposed("delete", "--all", "--yes").exit_code == 0
    assert real.names() == []
    assert exposed("delete", "--all").exit_code == 0


@pytest.mark.parametrize("command", ["delete", "stop", "start", "restart"])
def test_names_or_all(exposed: Cli, real: RealApi, command: str) -> None:
    for arguments in ((), ("--all", "one")):
        result = exposed(command, *arguments)
        assert result.exit_code == 2
        assert "give the NAME of a service" in result.output
    assert real.calls == []


def test_stop_and_start_several_and_wait(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    exposed("apply", "--wait", written(tmp_path, entry("one"), entry("two")))
    stopped = exposed("stop", "one", "absent", "two")
    assert stopped.exit_code == 1
    assert stopped.stdout == "service/one stopped\nservice/two stopped\n"
    started = exposed("start", "--all", "--wait")
    assert started.exit_code == 0, started.output
    assert "service/one started" in started.output
    assert "service/two 1 of 1 pods started, 1 ready" in started.output


def test_all_means_those_that_are_exposed(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    exposed("apply", written(tmp_path, entry("one"), entry("two")))
    exposed("apply", "--yes", written(tmp_path, entry("two", "")))
    real.calls.clear()
    assert exposed("stop", "--all").exit_code == 0
    assert writes(real) == ["POST /system/services/one/stop"]
