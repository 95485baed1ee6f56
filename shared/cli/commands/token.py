"""`exposed token`: what proves to a service that a client may use it."""

from __future__ import annotations

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.naming import name_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target


@click.command()
@name_argument
@click.option("--rotate", is_flag=True, help="Make a new token; the one before ends at once.")
@target_options
def token(name: str, rotate: bool, target: Target) -> None:
    """Print the token of service NAME, the password of user NAME.

    With --rotate it is a new one: clients with the one before are refused from then on, and pods
    are replaced one after another to learn it (OSCAR_SERVICE_TOKEN).
    """
    found = run(_token(name, target, rotate=rotate))
    if rotate:
        click.echo(f"service/{name} has a new token; the one before is not accepted", err=True)
    click.echo(found)


async def _token(name: str, target: Target, *, rotate: bool) -> str:
    async with ServicesApi(target) as api:
        if rotate:
            return await api.rotate(name)
        return str((await api.fetch(name))["token"])
