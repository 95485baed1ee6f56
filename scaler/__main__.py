"""`python -m scaler`: run the control loop, or ask what it decides and why.

Each file of `scaler/commands` is a command of its own name.
"""

from __future__ import annotations

import importlib
import pkgutil

import click

from scaler import commands


class Lazy(click.Group):
    """Imports a command's module when the command is called: `run` need not load what draws."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = pkgutil.iter_modules(commands.__path__)
        return sorted(module.name.replace("_", "-") for module in found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"scaler.commands.{name}"), name)
        return command


@click.group(cls=Lazy)
def main() -> None:
    """The scaler of exposed services."""


if __name__ == "__main__":
    main(prog_name="python -m scaler")
