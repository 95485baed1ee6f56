"""Services named on a command line: `NAME...`, or `--all` of them, as `list -o name` prints too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from shared.cli.client import ServicesApi, run
from shared.cli.connection import target
from shared.cli.connection.target import Flags

COMPLETION_SECONDS: Final = 2.0
"""What a shell may wait for the names it offers."""
_KIND: Final = "service/"


class ServiceName(click.ParamType[str]):
    """The name of a service, with or without the word `service/` before it."""

    name = "name"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The name alone; whether it can be one is told where it is used."""
        return str(value).removeprefix(_KIND)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """The services there are; none when they cannot be had at once."""
        word = incomplete.removeprefix(_KIND)
        prefix = incomplete[: len(incomplete) - len(word)]
        return [
            click.shell_completion.CompletionItem(prefix + name)
            for name in _known(ctx)
            if name.startswith(word)
        ]


def name_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one NAME, as `name`."""
    return click.argument("name", type=ServiceName())(command)


def names_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command NAME..., as `named`."""
    return click.argument("named", metavar="NAME...", nargs=-1, type=ServiceName())(command)


def all_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--all`, as `everything`."""
    return click.option("--all", "everything", is_flag=True, help="All services.")(command)


async def chosen(api: ServicesApi, named: Sequence[str], *, everything: bool) -> list[str]:
    """The services that are meant, each once."""
    if everything:
        return [service["name"] for service in await api.list()]
    return list(dict.fromkeys(named))


def check(named: Sequence[str], *, everything: bool) -> None:
    """UsageError unless services are named or all are meant, and not both."""
    if bool(named) == everything:
        raise click.UsageError("give the NAME of a service, or several, or --all")


def _known(ctx: click.Context) -> list[str]:
    """The names of all services, for a shell: whatever goes wrong is silence."""
    typed = {**(ctx.find_root().params or {}), **{k: v for k, v in ctx.params.items() if v}}
    fields = {name: typed[name] for name in Flags.__dataclass_fields__ if typed.get(name)}
    try:
        return run(_names(target.read(Flags(**fields), os.environ)))
    except (click.ClickException, OSError, TimeoutError):
        return []


async def _names(where: target.Target) -> list[str]:
    async with asyncio.timeout(COMPLETION_SECONDS), ServicesApi(where) as api:
        return [service["name"] for service in await api.list()]
