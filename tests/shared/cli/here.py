"""The real services API over the embedded API server, and the real command line against it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from gateway.management.access.credentials import Credentials
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.cli import main
from shared.runtime.clock import SystemClock
from shared.service.fdl import parse_service
from tests.gateway.management.cluster import Cluster, running


@dataclass
class Real:
    """`exposed …` in a thread, while the API answers in this one."""

    cluster: Cluster
    url: str
    environment: dict[str, str]

    async def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        runner = CliRunner()

        def invoke() -> Result:
            return runner.invoke(main, arguments, env=self.environment, input=stdin)

        return await asyncio.to_thread(invoke)

    async def make(self, body: dict[str, Any]) -> None:
        """Create a service."""
        await Lifecycle(self.cluster.kube).create(parse_service(body).service)

    async def said(self, *arguments: str) -> str:
        """What a command that succeeds writes to standard output."""
        result = await self(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Real]:
    async with running(folder) as cluster:
        credentials = Credentials("oscar", "secret")
        app = application(cluster.kube, Lifecycle(cluster.kube), credentials, SystemClock())
        async with TestServer(app) as server:
            url = str(server.make_url("")).rstrip("/")
            home = folder / "home"
            home.mkdir(mode=0o700)
            (home / "credentials").write_text("oscar:secret\n")
            (home / "credentials").chmod(0o600)
            (home / "endpoint").write_text(f"{url}\n")
            environment: dict[str, Any] = {"EXPOSED_HOME": str(home)}
            yield Real(cluster, url, environment)
