"""Commands that manage services through the services API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from shared.cli.client import ServicesApi, fetch, run
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.documents.reading import read_document
from shared.service import fdl, names
from shared.service.documents import dump_yaml


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@target_options
def apply(file: Path, target: Target) -> None:
    """Create or replace the services of an FDL FILE.

    The path in `script` counts from the folder of FILE.
    """
    parsed = read_document(file)
    run(_apply(parsed, target))


async def _apply(parsed: Sequence[fdl.Parsed], target: Target) -> None:
    async with ServicesApi(target) as api:
        for item in parsed:
            for warning in item.warnings:
                click.secho(f"warning: {warning}", fg="yellow", err=True)
            new = await api.apply(item.service)
            name = item.service.name
            click.echo(f"service/{name} {'created' if new else 'replaced'}")
            click.echo(f"  {target.endpoint}{names.base_path(name)}/")


@click.command("list")
@target_options
def list_services(target: Target) -> None:
    """List the services with their scale and address."""
    run(_list(target))


async def _list(target: Target) -> None:
    async with ServicesApi(target) as api:
        services = await api.list()
        described = [await api.get(service["name"]) or service for service in services]
    rows: list[tuple[str, ...]] = [("NAME", "STATE", "PODS", "SCALE", "CPU TARGET", "AUTH", "URL")]
    rows += [_row(service, target) for service in described]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _row(service: dict[str, Any], target: Target) -> tuple[str, ...]:
    expose, deployment = service.get("expose") or {}, service.get("deployment") or {}
    return (
        service["name"],
        deployment.get("state", "unknown"),
        str(deployment.get("active_instances", "?")),
        f"{expose.get('min_scale')}-{expose.get('max_scale')}",
        f"{expose.get('cpu_threshold')}%",
        "token" if expose.get("set_auth") else "none",
        f"{target.endpoint}{names.base_path(service['name'])}/",
    )


@click.command()
@click.argument("name")
@click.option("--token", "token_only", is_flag=True, help="Print the service's token alone.")
@target_options
def get(name: str, token_only: bool, target: Target) -> None:
    """Print the definition and state of service NAME as YAML."""
    service = run(fetch(name, target))
    click.echo(service["token"] if token_only else dump_yaml(service), nl=token_only)


@click.command()
@click.argument("names_", metavar="NAME...", nargs=-1, required=True)
@target_options
def delete(names_: tuple[str, ...], target: Target) -> None:
    """Delete services with all that belongs to them."""
    run(_delete(names_, target))


async def _delete(services: Sequence[str], target: Target) -> None:
    async with ServicesApi(target) as api:
        for name in services:
            await api.delete(name)
            click.echo(f"service/{name} deleted")


def _action(action: str, done: str, summary: str) -> click.Command:
    @click.command(action, help=summary)
    @click.argument("name")
    @target_options
    def command(name: str, target: Target) -> None:
        status = run(_act(name, action, target))
        click.echo(f"service/{name} {done}: {status.get('state')}. {status.get('reason', '')}")

    return command


async def _act(name: str, action: str, target: Target) -> dict[str, Any]:
    async with ServicesApi(target) as api:
        return await api.act(name, action)


stop = _action("stop", "stopped", "Stop service NAME: no pod runs until it is started.")
start = _action("start", "started", "Start service NAME again at the size it had.")
restart = _action("restart", "restarting", "Replace the pods of service NAME one after another.")
