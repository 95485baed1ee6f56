"""`python -m scaler decide FILE`: what a policy says to cases given as JSON."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click

from scaler.decision import HPA, RESPONSIVE
from scaler.decision.cases import FieldError, evaluate


class InputError(click.ClickException):
    """The file cannot be used; the message says where and why."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.File("r"))
@click.option(
    "--policy",
    type=click.Choice([HPA, RESPONSIVE]),
    default=HPA,
    show_default=True,
    help="Who decides.",
)
def decide(file: TextIO, policy: str) -> None:
    """Decide the cases in FILE ("-" is standard input); print one JSON line a case, in order.

    FILE holds one case, a list of cases, or {"cases": [...]}.
    """
    try:
        lines = [json.dumps(evaluate(case, policy, path)) for path, case in _cases(_loaded(file))]
    except FieldError as error:
        raise InputError(str(error)) from error
    for line in lines:
        click.echo(line)


def _loaded(file: TextIO) -> Any:
    try:
        return json.load(file)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file.name}: is not JSON ({error}); give one JSON value") from error


def _cases(data: Any) -> list[tuple[str, Any]]:
    if isinstance(data, dict) and "cases" in data:
        data = data["cases"]
        if not isinstance(data, list):
            raise InputError("cases: is no list; give a list of cases")
    if isinstance(data, list):
        return [(_path(index, case), case) for index, case in enumerate(data)]
    return [("case", data)]


def _path(index: int, case: Any) -> str:
    name = case.get("id") if isinstance(case, dict) else None
    return f"case[{index}]" + (f" ({name})" if isinstance(name, str) else "")
