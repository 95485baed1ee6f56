"""Reading FDL from a file or from standard input, with the scripts that it names."""

from __future__ import annotations

from pathlib import Path

import click

from shared.service import fdl


def read_document(file: Path) -> list[fdl.Parsed]:
    """The services of an FDL file, their scripts read; a problem ends the command, naming all."""
    try:
        return fdl.parse_document(
            file.read_text(encoding="utf-8"),
            lambda name: (file.parent / name).read_text(encoding="utf-8"),
        )
    except fdl.FdlError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"{file} is not valid:\n{lines}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text: {error}") from error
