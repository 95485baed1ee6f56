"""Reading FDL from files or from standard input, with the scripts that it names."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from shared.cli.exits import ApiError
from shared.service import fdl

STDIN: Final = Path("-")
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a document or a script: far more than the cluster takes."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text of FDL, and where it came from."""

    file: Path
    text: str

    def script(self, name: str) -> str:
        """The script that the text names, counted from the folder of its file; OSError."""
        folder = Path() if self.file == STDIN else self.file.parent
        return _decoded(_read(folder / name))


def files_argument(command: Any) -> Any:
    """Give a command one FILE or more, `-` for standard input, as `files`."""
    kind = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
    return click.argument("files", metavar="FILE|-...", nargs=-1, required=True, type=kind)(command)


def load(file: Path) -> Source:
    """The text of `file`; ApiError if it cannot be read."""
    try:
        content = sys.stdin.buffer.read(MOST_BYTES) if file == STDIN else _read(file)
        return Source(file, _decoded(content))
    except UnicodeDecodeError as error:
        raise ApiError(f"{file} is not UTF-8 text: {error}") from error
    except ValueError as error:
        raise ApiError(f"{file}: {error}") from error
    except OSError as error:
        raise ApiError(f"cannot read {file}: {error.strerror}") from error


def parse(source: Source, cluster: str = "") -> list[fdl.Parsed]:
    """The services of a text; FdlError with every problem."""
    return fdl.parse_document(source.text, source.script, cluster)


def read_documents(files: Sequence[Path], cluster: str = "") -> list[fdl.Parsed]:
    """The services of all `files`, their scripts read; ApiError naming every problem of all."""
    problems: list[str] = []
    parsed: list[fdl.Parsed] = []
    for file in files:
        try:
            parsed += parse(load(file), cluster)
        except fdl.FdlError as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            problems.append(f"{file} is not valid:\n{lines}")
        except ApiError as error:
            problems.append(error.message)
    problems += _twins(parsed)
    if problems:
        raise ApiError("\n".join(problems))
    return parsed


def _twins(parsed: Sequence[fdl.Parsed]) -> list[str]:
    names = [item.service.name for item in parsed]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"service {name!r} stands in two of the files; names are unique" for name in twice]


def _read(path: Path) -> bytes:
    with open(os.fspath(path), "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"is longer than {MOST_BYTES} bytes, the most read")
    return content


def _decoded(content: bytes) -> str:
    return content.decode("utf-8")
