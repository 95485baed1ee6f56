"""The options by which a command is told whom to ask, before or after the command's name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from shared.cli.connection import profiles, target
from shared.cli.connection.target import Flags, Target
from shared.cli.exits import ApiError

P = ParamSpec("P")
T = TypeVar("T")

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


def connection_options(command: Callable[P, T]) -> Callable[..., T]:
    """Give a command the options, handed to it as `flags`."""

    @click.option(
        "--endpoint", default="", metavar="URL", help=f"Address of the gateway [{target.ENDPOINT}]."
    )
    @click.option(
        "--credentials",
        type=_FILE,
        help=f"File with one line user:password [{target.CREDENTIALS}].",
    )
    @click.option(
        "--token-file", type=_FILE, help=f"File with an OIDC access token [{target.TOKEN_FILE}]."
    )
    @click.option(
        "--ca", type=_FILE, help=f"Certificates to trust, in place of the system's [{target.CA}]."
    )
    @click.option(
        "--profile",
        default="",
        metavar="NAME",
        shell_complete=lambda *_: _names(),
        help=f"Profile with all of these, or `{profiles.LOCAL}` [{target.PROFILE}].",
    )
    @wraps(command)
    def wrapped(
        *args: Any,
        endpoint: str,
        credentials: Path | None,
        token_file: Path | None,
        ca: Path | None,
        profile: str,
        **kwargs: Any,
    ) -> T:
        flags = Flags(endpoint, credentials, token_file, ca, profile)
        return command(*args, flags=flags, **kwargs)  # type: ignore[arg-type]

    return wrapped


def target_options(command: Callable[P, T]) -> Callable[..., T]:
    """Give a command the options, and what they mean as `target`."""

    @connection_options
    @wraps(command)
    def wrapped(*args: Any, flags: Flags, **kwargs: Any) -> T:
        return command(*args, target=resolve(flags), **kwargs)  # type: ignore[arg-type]

    return wrapped


def resolve(flags: Flags) -> Target:
    """The target of what was typed after the command's name, and before it where nothing was."""
    before = click.get_current_context().find_root().obj
    if isinstance(before, Flags):
        typed = {one.name: value for one in fields(flags) if (value := getattr(flags, one.name))}
        flags = replace(before, **typed)
    return target.read(flags, os.environ)


def _names() -> list[str]:
    try:
        return [profiles.LOCAL, *profiles.read(os.environ).named]
    except ApiError:
        return []
