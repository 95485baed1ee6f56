"""Our three programs as processes that have nothing but the tokens of their accounts."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import yaml

from shared.runtime.ports import free_port
from tests.manifests.rights import ACCOUNTS
from tests.waiting import until

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.manifests.conftest import Recorder

COMMANDS = {
    "management": ("gateway.management",),
    "gateway": ("gateway",),
    "scaler": ("scaler", "run"),
}


@asynccontextmanager
async def running(module: str, *args: str, **environ: str) -> AsyncIterator[Process]:
    """`python -m module` as a process until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *args, env=os.environ | environ
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_ready(port: str | int) -> None:
    """Return when /readyz answers 200."""
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientConnectionError:
                return False

        await until(ready, f"port {port} is ready", 90, period=0.1)


@dataclass
class Programs:
    """All three, as they run; `ports` are their admin ports, and `public` that of the gateway."""

    folder: Path
    ports: dict[str, str]
    settings: Mapping[str, dict[str, str]]
    _stack: AsyncExitStack
    running: dict[str, list[Process]] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.ports['management']}/system"

    @property
    def public(self) -> str:
        return f"http://127.0.0.1:{self.ports['public']}/system/services"

    @property
    def scaler_config(self) -> Path:
        return self.folder / "scaler.yaml"

    async def start(self, account: str, **environ: str) -> None:
        """Start one more of these."""
        whole = {"KUBECONFIG": str(self.folder / f"{account}.kubeconfig")}
        whole |= _environ(account, self.ports) | self.settings.get(account, {}) | environ
        process = await self._stack.enter_async_context(running(*COMMANDS[account], **whole))
        self.running.setdefault(account, []).append(process)


@asynccontextmanager
async def programs(
    home: Path, recorder: Recorder, folder: Path, settings: Mapping[str, dict[str, str]]
) -> AsyncIterator[Programs]:
    """All three before the cluster of `home`, ready; `settings` are more variables by account."""
    for account in ACCOUNTS:
        config: dict[str, Any] = yaml.safe_load((home / f"{account}.kubeconfig").read_text())
        config["clusters"][0]["cluster"] = {"server": recorder.url}
        recorder.accounts[config["users"][0]["user"]["token"]] = account
        (folder / f"{account}.kubeconfig").write_text(yaml.safe_dump(config))
    ports = {name: str(free_port()) for name in (*ACCOUNTS, "public")}
    async with AsyncExitStack() as stack:
        found = Programs(folder, ports, settings, stack)
        gateway = f"http://127.0.0.1:{ports['gateway']}"
        found.scaler_config.write_text(f"gateways: [{gateway}]\n")
        for account in ACCOUNTS:
            await found.start(account, **_given(account, found))
        await asyncio.gather(*(until_ready(ports[account]) for account in ACCOUNTS))
        yield found


def _given(account: str, programs: Programs) -> dict[str, str]:
    return {"SCALER_CONFIG": str(programs.scaler_config)} if account == "scaler" else {}


def _environ(account: str, ports: Mapping[str, str]) -> dict[str, str]:
    port = ports[account]
    return {
        "management": {
            "MANAGEMENT_HOST": "127.0.0.1",
            "MANAGEMENT_PORT": port,
            "MANAGEMENT_USERNAME": "admin",
            "MANAGEMENT_PASSWORD": "secret",
            "MANAGEMENT_RECONCILE": "1",
        },
        "gateway": {
            "GATEWAY_HOST": "127.0.0.1",
            "GATEWAY_PORT": ports["public"],
            "GATEWAY_ADMIN_HOST": "127.0.0.1",
            "GATEWAY_ADMIN_PORT": port,
            "GATEWAY_DRAIN_GRACE": "0",
        },
        "scaler": {
            "SCALER_HOST": "127.0.0.1",
            "SCALER_PORT": port,
            "SCALER_PERIOD": "1",
            "SCALER_LEASE_DURATION": "5",
        },
    }[account]
