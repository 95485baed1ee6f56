"""With what the command ends: its exit codes, and the error that carries one.

Used by every command; `exposed --help` and docs/use/command-line.md list the table.
"""

from __future__ import annotations

import textwrap
from typing import Final

import click

FAILED: Final = 1
USAGE: Final = 2
NOT_READY: Final = 3
INTERRUPTED: Final = 130

MEANINGS: Final = {
    0: "done",
    FAILED: "refused, not found, not reachable, or wrong in a file; `diff`: differs; `load`: a "
    "request failed",
    USAGE: "the command line is wrong; `diff`: any error; `local`: ports or the folder are in use",
    NOT_READY: "`--wait`: the service does not come up, or not in time",
    INTERRUPTED: "Ctrl-C",
}
"""What each exit code says."""


class ApiError(click.ClickException):
    """The services API refused or could not be reached; the message says what to do."""

    exit_code = FAILED


class UnreachableError(ApiError):
    """Nobody answers, or not the services API."""


class NotReadyError(ApiError):
    """What was waited for did not come; the message says why, as far as it is known."""

    exit_code = NOT_READY


def help_text() -> str:
    """The table, for the end of a command's help by click."""
    indent = " " * 7
    lines = [
        textwrap.fill(meaning, 76, initial_indent=f"  {code:>3}  ", subsequent_indent=indent)
        for code, meaning in MEANINGS.items()
    ]
    return "\b\nExit codes:\n" + "\n".join(lines)
