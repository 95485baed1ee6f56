"""`exposed lint`: every problem of FDL files with its place and remedy, without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from shared.cli.commands.apply import cluster_option
from shared.cli.documents import reading
from shared.cli.documents.comparison import NOT_EXPOSED
from shared.cli.documents.positions import Positions
from shared.cli.exits import FAILED, ApiError
from shared.cli.output import Format, output_option, show_values
from shared.service import fdl


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, and where it stands."""

    file: str
    line: int
    column: int
    severity: Literal["error", "warning"]
    path: str
    message: str
    """What is wrong, and the remedy."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {self.path}: {self.message}"


@click.command(short_help="Check files without a cluster.")
@reading.files_argument
@cluster_option
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@output_option("text", "json", "yaml", default="text")
def lint(files: tuple[Path, ...], cluster: str, strict: bool, output: Format) -> None:
    """Check FDL files (`-`: standard input) without a cluster.

    Prints every problem as FILE:LINE:COLUMN: error|warning: FIELD: what is wrong and what to do,
    and ends with exit code 1 if there is an error; with --strict, or a warning.
    """
    found = [finding for file in files for finding in _check(file, cluster)]
    if output != "text":
        show_values([asdict(finding) for finding in found], output)
    for finding in found if output == "text" else ():
        color = "red" if finding.severity == "error" else "yellow"
        click.echo(str(finding).replace(finding.severity, click.style(finding.severity, fg=color)))
    errors = sum(finding.severity == "error" for finding in found)
    click.echo(f"{_many(errors, 'error')}, {_many(len(found) - errors, 'warning')}", err=True)
    if errors or (strict and found):
        raise SystemExit(FAILED)


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _check(file: Path, cluster: str) -> Iterator[Finding]:
    try:
        source = reading.load(file)
    except ApiError as error:
        yield Finding(str(file), 1, 1, "error", "document", error.message)
        return
    places = Positions(source.text)
    errors, warnings = _problems(source, cluster)
    told = [(one, "error") for one in errors] + [(one, "warning") for one in warnings]
    for problem, severity in sorted(told, key=lambda one: _order(places, one[0])):
        at = places.of(problem)
        path, _, message = problem.partition(": ")
        yield Finding(str(file), at.line, at.column, severity, path, message)  # type: ignore[arg-type]


def _problems(source: reading.Source, cluster: str) -> tuple[list[str], list[str]]:
    """Errors and warnings of the text, each `path: sentence`."""
    try:
        parsed = reading.parse(source, cluster)
    except fdl.FdlError as error:
        return list(error.problems), list(error.warnings)
    warnings = [warning for item in parsed for warning in item.warnings]
    skipped = [item.service.name for item in parsed if item.service.expose is None]
    warnings += [f"functions.oscar: `apply` skips {name}: it {NOT_EXPOSED}" for name in skipped]
    return [], warnings


def _order(places: Positions, problem: str) -> tuple[int, int]:
    at = places.of(problem)
    return at.line, at.column
