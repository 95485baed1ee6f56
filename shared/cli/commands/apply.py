"""`exposed apply`: services as FDL files define them, checked all before the first is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from shared.cli import rollout
from shared.cli.client import ServicesApi, run
from shared.cli.commands.confirming import confirm, yes_option
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.documents.comparison import Step, done, plan
from shared.cli.documents.reading import files_argument, read_documents
from shared.cli.exits import ApiError, UnreachableError
from shared.cli.together import each, tell
from shared.runtime.clock import SystemClock
from shared.service import fdl, names

_ENTRY: Final = re.compile(r"^functions\.oscar\[\d+\]\.")


@dataclass(frozen=True, slots=True)
class Options:
    """How it is to be done; see the command's help."""

    dry_run: bool
    yes: bool
    wait: bool
    timeout: float | None


def cluster_option(command: Any) -> Any:
    """Give a command `--cluster`, as `cluster`."""
    return click.option(
        "--cluster", default="", metavar="NAME", help="Services under this cluster of FILE alone."
    )(command)


@click.command(short_help="Create or replace the services of files.")
@files_argument
@cluster_option
@click.option("--dry-run", is_flag=True, help="Check, and say what would be done.")
@rollout.wait_options
@yes_option
@target_options
def apply(
    files: tuple[Path, ...],
    cluster: str,
    dry_run: bool,
    wait: bool,
    timeout: float | None,
    yes: bool,
    target: Target,
) -> None:
    """Create or replace the services of FDL files (`-`: standard input).

    All are checked before the first is written. The path in `script` counts from the folder of its
    FILE. A service that is no longer exposed asks first; one that never was is skipped.
    """
    parsed = read_documents(files, cluster)
    for warning in (warning for item in parsed for warning in item.warnings):
        warn(warning)
    run(_apply(parsed, target, Options(dry_run, yes, wait, timeout)))


async def _apply(parsed: Sequence[fdl.Parsed], target: Target, options: Options) -> None:
    async with ServicesApi(target) as api:
        services = [item.service for item in parsed]
        try:
            steps = plan(services, await existing(api, [one.name for one in services]))
        except UnreachableError as error:
            if not options.dry_run:
                raise
            warn(f"checked without the services API: {error.message}")
            return
        if options.dry_run:
            for step in steps:
                click.echo(foretold(step))
            return
        withdrawn = [f"service/{s.service.name}" for s in steps if s.action == "withdraw"]
        if withdrawn:
            confirm(f"{', '.join(withdrawn)} would no longer be exposed: its pods end", options.yes)
        await _write(api, steps, target)
        for warning in _beside(api.warnings, parsed):
            warn(warning)
        if options.wait:
            await _wait(api, steps, options.timeout)


async def existing(api: ServicesApi, named: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What the API answers of those of `named` that there are."""
    answers = await each(named, api.get)
    for answer in answers:
        if isinstance(answer, ApiError):
            raise answer
    return {name: one for name, one in zip(named, answers, strict=True) if isinstance(one, dict)}


async def _write(api: ServicesApi, steps: Sequence[Step], target: Target) -> None:
    """One after another, as they stand; what fails is told at the end, and keeps nothing back."""
    failed: list[ApiError] = []
    for step in steps:
        name = step.service.name
        try:
            if step.action != "skip":
                await api.write(step.service, new=step.action == "create")
        except UnreachableError:
            raise
        except ApiError as error:
            failed.append(error)
            continue
        click.echo(done(step))
        if step.service.expose is not None:
            click.echo(f"  {target.endpoint}{names.base_path(name)}/")
    if steps and all(step.action == "skip" for step in steps):
        failed.append(ApiError("nothing was applied"))
    tell(failed)


async def _wait(api: ServicesApi, steps: Sequence[Step], seconds: float | None) -> None:
    async def one(name: str) -> None:
        await rollout.until_ready(api, name, seconds, SystemClock(), click.echo)

    exposed = [step.service.name for step in steps if step.service.expose is not None]
    tell(await each(exposed, one))


def foretold(step: Step) -> str:
    """What would be done, in a line."""
    if step.action == "replace" and not step.differs:
        return f"service/{step.service.name} unchanged (dry run)"
    return f"{done(step)} (dry run)"


def warn(text: str) -> None:
    """Say what is odd, beside the answer."""
    click.secho(f"warning: {text}", fg="yellow", err=True)


def _beside(told: Sequence[str], parsed: Sequence[fdl.Parsed]) -> list[str]:
    """What the API warned of that was not said when the files were read."""
    known = {_ENTRY.sub("", warning) for item in parsed for warning in item.warnings}
    known.add(fdl.NOT_EXPOSED)  # `done` says so
    return [warning for warning in told if warning not in known]
