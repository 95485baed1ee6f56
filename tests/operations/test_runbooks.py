"""The commands of the runbooks, typed in a cluster that runs our programs as its pods."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.documentation.commands import COMMANDS, filled
from tests.documentation.runs import RUNBOOKS, fate
from tests.e2e.conftest import PROGRAMS
from tests.operations.pods import CREDENTIALS, Installed, installed

MODEL = Path(__file__).parent / "walk/model.yaml"
FILLED = {"<name>": "model", "NAME": "model", "<secret>": "management-credentials", "<number>": "3"}


def lines() -> list[str]:
    """Each once, in the order of the pages, of those that this test is said to run."""
    ours = (command.line for command in COMMANDS if fate(command.line) == RUNBOOKS)
    return list(dict.fromkeys(ours))


async def typed(line: str, cluster: Installed) -> tuple[int, str]:
    """The exit code of a line, and what it says."""
    for name, value in FILLED.items():
        line = line.replace(name, value)
    (cluster.home / "given").write_text(CREDENTIALS)
    (cluster.home / "given").chmod(0o600)
    environ = os.environ | {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "KUBECONFIG": str(cluster.home / "kubeconfig"),
        "EXPOSED_ENDPOINT": cluster.url,
        "EXPOSED_CREDENTIALS": str(cluster.home / "given"),
    }
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", filled(line)),
        cwd=cluster.home,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.timeout(300)
async def test_every_command_does_what_it_should(tmp_path: Path) -> None:
    async with installed(tmp_path) as cluster:
        await cluster.exposed("apply", "--wait", str(MODEL))
        failed = {}
        for line in lines():
            code, said = await typed(line, cluster)
            if code != 0:
                failed[line] = said[-500:]
        assert failed == {}
