"""`python -m gateway.management`: the services API as a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys

import click

from gateway.management import settings as configuration
from gateway.management.process import run
from shared.kube.errors import NotConfigured
from shared.runtime import log as logs
from shared.runtime.settings import SettingsError, help_text


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
