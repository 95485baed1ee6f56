"""`-o table|json|yaml|name`: one way for every command to show an object or a list of them.

A command hands over the API's objects and says which columns a table of them has; what a script
reads (JSON, YAML, names) never depends on the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, Literal, ParamSpec, TypeVar

import click

from shared.runtime.printable import printable
from shared.service.documents import dump_json_indented, dump_yaml

P = ParamSpec("P")
T = TypeVar("T")

Format = Literal["table", "json", "yaml", "name", "fdl", "text"]
FORMATS: Final[tuple[Format, ...]] = ("table", "json", "yaml", "name")
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and the cell of an object."""

    heading: str
    cell: Callable[[Object], str]


def output_option(
    *formats: Format, default: Format = "table"
) -> Callable[[Callable[P, T]], Callable[..., T]]:
    """Give a command `-o/--output` with `formats` (all, if none are given), as `output`."""

    def decorate(command: Callable[P, T]) -> Callable[..., T]:
        @click.option(
            "-o",
            "--output",
            type=click.Choice(formats or FORMATS),
            default=default,
            show_default=True,
            help="Form of the answer.",
        )
        @wraps(command)
        def wrapped(*args: Any, **kwargs: Any) -> T:
            return command(*args, **kwargs)

        return wrapped

    return decorate


def show_list(objects: Sequence[Object], columns: Sequence[Column], output: Format) -> None:
    """Print all of `objects`."""
    if output == "table":
        click.echo("\n".join(table(objects, columns)))
    elif output == "name":
        click.echo("".join(f"{reference(one)}\n" for one in objects), nl=False)
    else:
        click.echo(_text(list(objects), output), nl=False)


def show_one(obj: Object, columns: Sequence[Column], output: Format) -> None:
    """Print `obj` alone: not a list with one object in it."""
    if output in ("json", "yaml"):
        click.echo(_text(obj, output), nl=False)
    else:
        show_list([obj], columns, output)


def show_values(values: Sequence[Object], output: Format) -> None:
    """Print what are no services, for a program."""
    click.echo(_text(list(values), output), nl=False)


def table(objects: Sequence[Object], columns: Sequence[Column]) -> list[str]:
    """The lines of a table, as wide as its cells are."""
    rows = [[column.heading for column in columns]]
    rows += [[printable(column.cell(one)) for column in columns] for one in objects]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def reference(obj: Object) -> str:
    """How an object is named where it could be of several kinds, as kubectl does."""
    return f"service/{obj['name']}"


def _text(value: Any, output: Format) -> str:
    return dump_yaml(value) if output == "yaml" else dump_json_indented(value)
