"""`python -m gateway.management`: the services API as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Final

import click
from aiohttp import web

from gateway.management import settings as configuration
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.kube.client import KubeClient
from shared.kube.errors import NotConfigured
from shared.runtime import log as logs
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError, help_text
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
        app = application(
            kube,
            Lifecycle(kube, policy=settings.policy),
            settings.credentials,
            SystemClock(),
            origins=settings.origins,
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
            log.info("services API listens on %s:%d", *runner.addresses[0][:2])
            await ended.wait()
        finally:
            await runner.cleanup()


@click.command(
    help="Serve OSCAR's services API: create, read, replace and delete exposed services.\n\n"
    "The cluster is found by KUBECONFIG, or by the service account of the pod.",
    epilog=help_text(configuration.VARIABLES),
)
def main() -> None:
    """Read the settings and serve; bad settings and a missing cluster end with a clear line."""
    try:
        settings = configuration.read(os.environ)
        logs.setup("management", level=settings.log_level, form=settings.log_format)
        asyncio.run(run(settings))
    except (SettingsError, NotConfigured, OSError) as error:
        sys.exit(f"management: {error}")


if __name__ == "__main__":
    main(prog_name="python -m gateway.management")
