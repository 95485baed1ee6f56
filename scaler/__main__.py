"""`python -m scaler`: run the control loop, or ask what it decides and why."""

from __future__ import annotations

import importlib
from typing import Final

import click

COMMANDS: Final = ("run", "explain", "check-config", "decide", "simulate")


class Lazy(click.Group):
    """Imports a command's module when the command is called: `run` need not load matplotlib."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"scaler.commands.{name}"), name)
        return command


@click.group(cls=Lazy)
def main() -> None:
    """The scaler of exposed services."""


if __name__ == "__main__":
    main(prog_name="python -m scaler")
