"""The command `exposed`: run everything on this machine, and manage services anywhere."""

from __future__ import annotations

from typing import Any

import click

from shared.cli import exits
from shared.cli.commands.adopt import adopt
from shared.cli.commands.apply import apply
from shared.cli.commands.completion import completion
from shared.cli.commands.delete import delete
from shared.cli.commands.describe import describe, events
from shared.cli.commands.diff import diff
from shared.cli.commands.lint import lint
from shared.cli.commands.listing import get, list_services
from shared.cli.commands.load import load
from shared.cli.commands.local import local
from shared.cli.commands.logs import logs
from shared.cli.commands.opening import open_service
from shared.cli.commands.running import restart, start, stop, wake
from shared.cli.commands.token import token
from shared.cli.connection.options import connection_options
from shared.cli.connection.target import Flags


class _Main(click.Group):
    """Ends with one word and its own exit code where click would say `Aborted!`."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nended by Ctrl-C; what was done until then stays", err=True)
            ctx.exit(exits.INTERRUPTED)


@click.group(
    cls=_Main,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=exits.help_text(),
)
@connection_options
@click.version_option(package_name="exposed-services", message="%(version)s")
@click.pass_context
def main(context: click.Context, flags: Flags) -> None:
    """Long-running HTTP services on Kubernetes: deploy, expose and scale them."""
    context.obj = flags


for _command in (
    *(local, apply, diff, lint, list_services, get, delete),
    *(describe, events, logs, open_service, token),
    *(stop, start, wake, restart, adopt, load, completion),
):
    main.add_command(_command)
