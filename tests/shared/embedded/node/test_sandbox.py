"""What a container runs, put together."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from shared.embedded.kinds import CONFIG_MAP
from shared.embedded.node.sandbox import Sandbox


def sandbox(tmp_path: Path) -> Sandbox:
    volume = {"name": "v", "configMap": {"name": "c"}}
    pod: dict[str, Any] = {
        "metadata": {"name": "p", "namespace": "n", "uid": "u"},
        "spec": {"volumes": [volume]},
    }
    return Sandbox(
        pod, "127.9.0.1", {80: 8080}, tmp_path / "pod", tmp_path / "logs", 100,
        lambda kind, name: {"script.sh": b"echo"} if (kind, name) == (CONFIG_MAP, "c") else None,
        lambda claim: tmp_path / "claims" / claim,
    )  # fmt: skip


CONTAINER: dict[str, Any] = {
    "name": "c",
    "command": ["/bin/sh", "/oscar/config/script.sh"],
    "env": [{"name": "CONFIG", "value": "/oscar/config"}, {"name": "PORT", "value": "9"}],
    "ports": [{"containerPort": 80}],
    "volumeMounts": [{"name": "v", "mountPath": "/oscar/config"}],
}


def test_a_command_with_its_files_and_environment(tmp_path: Path) -> None:
    command = sandbox(tmp_path).command(CONTAINER, 0)
    assert command is not None
    volume = tmp_path / "pod" / "volumes" / "v"
    assert list(command.command) == ["/bin/sh", str(volume / "script.sh")]
    assert (volume / "script.sh").read_text() == "echo"
    assert command.env["CONFIG"] == str(volume)
    assert command.env["HOST"] == command.env["POD_IP"] == "127.9.0.1"
    assert command.env["HOSTNAME"] == "p"
    assert command.env["PORT"] == "9", "what the spec states wins"
    assert command.env["PATH"].split(":")[0] == os.path.dirname(sys.executable)
    assert Path(command.cwd).is_dir()
    assert Path(command.env["TMPDIR"]).is_dir()
    assert command.log == str(tmp_path / "logs" / "c" / "0.log")


def test_the_port_is_the_mapped_one(tmp_path: Path) -> None:
    command = sandbox(tmp_path).command({**CONTAINER, "env": []}, 0)
    assert command is not None
    assert command.env["PORT"] == "8080"


def test_a_working_directory_may_be_a_mount(tmp_path: Path) -> None:
    command = sandbox(tmp_path).command({**CONTAINER, "workingDir": "/oscar/config"}, 0)
    assert command is not None
    assert command.cwd == str(tmp_path / "pod" / "volumes" / "v")


def test_without_a_command_there_is_none(tmp_path: Path) -> None:
    assert sandbox(tmp_path).command({**CONTAINER, "command": []}, 0) is None


def test_all_of_it_can_be_removed(tmp_path: Path) -> None:
    place = sandbox(tmp_path)
    place.command(CONTAINER, 0)
    place.remove()
    assert list(tmp_path.iterdir()) == []
