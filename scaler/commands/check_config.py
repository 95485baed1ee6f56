"""`python -m scaler check-config FILE`: is this configuration right?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from scaler.config import settings as environment
from scaler.config.document import ConfigError
from scaler.config.file import read_config
from shared.runtime.settings import SettingsError


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_config(file: Path) -> None:
    """Check the configuration FILE; name everything that is wrong with it."""
    try:
        config = read_config(file, environment.read(os.environ).base)
    except ConfigError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"{file} is wrong:\n{problems}") from error
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    for warning in config.warnings:
        click.echo(f"warning: {warning}", err=True)
    count = len(config.overrides)
    services = "1 service" if count == 1 else f"{count} services"
    click.echo(f"{file} is right: source {config.source.kind}, {services} named")
