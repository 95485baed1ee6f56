"""`python -m gateway.management`: the services API as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Final

from aiohttp import web

from gateway.management import settings as configuration
from gateway.management.app import application
from gateway.management.lifecycle import Lifecycle
from shared.kube.client import KubeClient
from shared.kube.errors import NotConfigured
from shared.runtime import log as logs
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError
from shared.runtime.signals import on_stop

log = logging.getLogger("gateway.management")

FIELD_MANAGER: Final = "exposed-services"
SHUTDOWN: Final = 20.0
"""Seconds that changes under way have to end after SIGTERM."""


async def run(settings: configuration.Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    on_stop(ended.set)
    async with KubeClient.open(field_manager=FIELD_MANAGER) as kube:
        app = application(kube, Lifecycle(kube), settings.credentials, SystemClock())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
            log.info("services API listens on %s:%d", *runner.addresses[0][:2])
            await ended.wait()
        finally:
            await runner.cleanup()


def main() -> None:
    """Read the settings and serve; bad settings and a missing cluster end with a clear line."""
    if "--help" in sys.argv[1:]:
        for name, (default, meaning) in configuration.VARIABLES.items():
            sys.stdout.write(f"{name:<30}{default or '-':<10}{meaning}\n")
        return
    try:
        settings = configuration.read(os.environ)
        logs.setup("management", level=settings.log_level, form=settings.log_format)
        asyncio.run(run(settings))
    except (SettingsError, NotConfigured, OSError) as error:
        sys.exit(f"management: {error}")


if __name__ == "__main__":
    main()
