"""The command `exposed`: run everything on this machine, and manage services anywhere."""

from __future__ import annotations

import click

from shared.cli import exits
from shared.cli.commands.load import load
from shared.cli.commands.local import local
from shared.cli.commands.services import apply, delete, get, list_services, restart, start, stop
from shared.cli.connection.options import connection_options
from shared.cli.connection.target import Flags


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=exits.help_text())
@connection_options
@click.pass_context
def main(context: click.Context, flags: Flags) -> None:
    """Long-running HTTP services on Kubernetes: deploy, expose and scale them."""
    context.obj = flags


for _command in (local, apply, list_services, get, delete, stop, start, restart, load):
    main.add_command(_command)
