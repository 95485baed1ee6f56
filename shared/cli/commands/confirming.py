"""Asking before what cannot be undone, where somebody is there to answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from shared.cli.exits import ApiError


def yes_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--yes`, as `yes`."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)


def confirm(consequence: str, yes: bool) -> None:
    """Return if the user wants it; ApiError if not, or if nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ApiError(f"{consequence}; nothing was done: give --yes if that is meant")
    if not click.confirm(f"{consequence}. Go on?", err=True):
        raise ApiError("nothing was done")
