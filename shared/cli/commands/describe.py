"""`exposed describe` and `exposed events`: what a service is, how it is doing, and why."""

from __future__ import annotations

from typing import Any

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.naming import name_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.output import Format, output_option, show_one
from shared.cli.views import description


@click.command()
@name_argument
@output_option()
@target_options
def describe(name: str, output: Format, target: Target) -> None:
    """Tell all about service NAME: definition, rollout, pods, Events, the scaler's last decision.

    No secret is in it.
    """
    told = run(_describe(name, target))
    if output == "table":
        click.echo("\n".join(description.lines(told, target.endpoint, target.ca)))
    else:
        show_one({"name": told["service_name"], **told}, (), output)


async def _describe(name: str, target: Target) -> dict[str, Any]:
    async with ServicesApi(target) as api:
        return await api.describe(name)


@click.command()
@name_argument
@output_option("table", "json", "yaml")
@target_options
def events(name: str, output: Format, target: Target) -> None:
    """Print the newest Events about service NAME and its pods, the oldest of them first."""
    told = run(_events(name, target))
    if output != "table":
        show_one(told, (), output)
        return
    for note in told.get("notes") or ():
        click.echo(f"note: {note}", err=True)
    lines = description.events(told["events"], told["time"])
    click.echo("\n".join(lines) if lines else "no Events are known", err=not lines)


async def _events(name: str, target: Target) -> dict[str, Any]:
    async with ServicesApi(target) as api:
        return await api.events(name)
