"""The command `exposed`: run everything on this machine, and manage services anywhere."""

from __future__ import annotations

import click

from shared.cli.load import load
from shared.cli.local import local
from shared.cli.services import apply, delete, get, list_services, restart, start, stop


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Long-running HTTP services on Kubernetes: deploy, expose and scale them."""


for _command in (local, apply, list_services, get, delete, stop, start, restart, load):
    main.add_command(_command)
