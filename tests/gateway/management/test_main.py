"""The process itself: it serves, ends on SIGTERM, and says what is wrong with its settings."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from gateway.management.settings import VARIABLES
from tests.gateway.management.cluster import Cluster

ROOT = Path(__file__).parents[3]


async def start(*arguments: str, **environ: str) -> asyncio.subprocess.Process:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.management",
        *arguments,
        cwd=ROOT,
        env=kept | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_serves_until_it_is_told_to_end(cluster: Cluster, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("oscar:secret\n")
    process = await start(
        KUBECONFIG=cluster.kubeconfig,
        MANAGEMENT_HOST="127.0.0.1",
        MANAGEMENT_PORT="0",
        MANAGEMENT_CREDENTIALS_FILE=str(credentials),
    )
    try:
        assert process.stderr is not None
        line = (await process.stderr.readline()).decode()
        match = re.search(r"listens on 127\.0\.0\.1:(\d+)", line)
        assert match, line
        headers = {"Authorization": aiohttp.encode_basic_auth("oscar", "secret")}
        url = f"http://127.0.0.1:{match[1]}/system/services"
        async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
            assert (answer.status, await answer.text()) == (200, "[]")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"MANAGEMENT_PORT": "x"}, ["MANAGEMENT_PORT: ", "MANAGEMENT_USERNAME: is missing"]),
        (
            {
                "MANAGEMENT_USERNAME": "a",
                "MANAGEMENT_PASSWORD": "b",
                "KUBECONFIG": "/nonexistent/config",
            },
            ["/nonexistent/config: no such file", "set KUBECONFIG"],
        ),
    ],
)
async def test_what_is_wrong_is_told_in_words(environ: dict[str, str], words: list[str]) -> None:
    process = await start(**environ)
    _, stderr = await process.communicate()
    text = stderr.decode()
    assert process.returncode == 1
    assert text.startswith("management: ")
    assert "Traceback" not in text
    for word in words:
        assert word in text


async def test_help_documents_every_setting() -> None:
    process = await start("--help")
    stdout, _ = await process.communicate()
    assert process.returncode == 0
    assert [name for name in VARIABLES if f"{name} [" not in stdout.decode()] == []


@pytest.mark.parametrize("argument", ["--halp", "--port=1", "-x", "serve"])
async def test_an_argument_it_does_not_know_starts_nothing(argument: str, tmp_path: Path) -> None:
    process = await start(
        argument,
        KUBECONFIG=str(tmp_path / "none"),
        MANAGEMENT_PORT="0",
        MANAGEMENT_USERNAME="a",
        MANAGEMENT_PASSWORD="b",
    )
    _, stderr = await process.communicate()
    assert process.returncode == 2
    assert argument.split("=")[0] in stderr.decode()
    assert "Try 'python -m gateway.management --help' for help." in stderr.decode()
