"""`exposed delete`: services with all that belongs to them, as many of the named as can be."""

from __future__ import annotations

from collections.abc import Sequence

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.confirming import confirm, yes_option
from shared.cli.commands.naming import all_option, check, chosen, names_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.together import each, tell


@click.command(short_help="Delete services with all that belongs to them.")
@names_argument
@all_option
@yes_option
@target_options
def delete(named: tuple[str, ...], everything: bool, yes: bool, target: Target) -> None:
    """Delete services NAME... with all that belongs to them; with --all, all of them.

    What can be deleted is, and what could not is named at the end.
    """
    check(named, everything=everything)
    run(_delete(named, target, everything=everything, yes=yes))


async def _delete(named: Sequence[str], target: Target, *, everything: bool, yes: bool) -> None:
    async with ServicesApi(target) as api:
        services = await chosen(api, named, everything=everything)
        if everything and services:
            confirm(f"all {len(services)} services would be deleted: {', '.join(services)}", yes)

        async def one(name: str) -> str:
            await api.delete(name)
            return f"service/{name} deleted"

        tell(await each(services, one))
