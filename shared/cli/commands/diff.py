"""`exposed diff`: what `apply` would change in the definitions, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.apply import cluster_option, existing, warn
from shared.cli.connection.options import connection_options, resolve
from shared.cli.connection.target import Flags, Target
from shared.cli.documents.comparison import NOT_EXPOSED, Step, difference, hides_secrets, plan
from shared.cli.documents.reading import files_argument, read_documents
from shared.cli.exits import FAILED, USAGE, ApiError
from shared.service import fdl


class DiffError(ApiError):
    """It is not known whether anything differs: exit code 1 says that it does."""

    exit_code = USAGE


@click.command(short_help="Print what `apply` would change.")
@files_argument
@cluster_option
@connection_options
def diff(files: tuple[Path, ...], cluster: str, flags: Flags) -> None:
    """Print how the services of FDL files differ from those that are there.

    Ends with exit code 0 if nothing differs, 1 if something does, more if it is not known. Values
    of secrets are neither shown nor compared.
    """
    try:
        text = run(_diff(read_documents(files, cluster), resolve(flags)))
    except ApiError as error:
        raise DiffError(error.message) from error
    click.echo(text, nl=False)
    if text:
        raise SystemExit(FAILED)


async def _diff(parsed: Sequence[fdl.Parsed], target: Target) -> str:
    services = [item.service for item in parsed]
    async with ServicesApi(target) as api:
        there = await existing(api, [one.name for one in services])
    steps = plan(services, there)
    for step in steps:
        _remark(step)
    return "".join(
        difference(step.service, there.get(step.service.name))
        for step in steps
        if step.action != "skip"
    )


def _remark(step: Step) -> None:
    name = f"service/{step.service.name}"
    if step.action == "skip":
        warn(f"{name} would be skipped: it {NOT_EXPOSED}")
    elif hides_secrets(step.service):
        warn(f"{name}: values of secrets are not compared; `apply` writes them")
