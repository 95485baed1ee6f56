"""`python -m scaler decide FILE`: what a policy says to cases given as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from scaler.decision import HPA, RESPONSIVE
from scaler.decision.cases import FieldError, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator


class InputError(click.ClickException):
    """The file cannot be used; the message says where and why."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--policy",
    type=click.Choice([HPA, RESPONSIVE]),
    default=HPA,
    show_default=True,
    help="Who decides the suites replica_calc and reconcile; the others are steps of hpa.",
)
@click.pass_context
def decide(context: click.Context, file: BinaryIO, policy: str) -> None:
    """Decide the cases in FILE ("-" is standard input); print one JSON line a case, in order.

    FILE holds one case, a list of cases, or {"cases": [...]}. A line has the fields that stand
    under the case's "expect" (without it all of the suite's), or "error" where no number can be
    computed. A case that cannot be read gets such a line too, standard error repeats it, and the
    command ends with 1; with 2 when FILE itself cannot be read.
    """
    broken, name = 0, getattr(file, "name", "<stdin>")
    for path, case in _cases(_loaded(file.read(), name), name):
        try:
            outcome = evaluate(case, policy, path)
        except FieldError as error:
            broken += 1
            outcome = {"error": str(error)}
            click.echo(f"Error: {error}", err=True)
        click.echo(json.dumps(outcome))
    if broken:
        context.exit(1)


def _loaded(text: bytes, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is not JSON ({error}); give one JSON value") from error


def _cases(data: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict) and "cases" in data:
        data = data["cases"]
        if not isinstance(data, list):
            raise InputError(f"{name}: cases is no list; give a list of cases")
    if isinstance(data, list):
        return ((_path(index, case), case) for index, case in enumerate(data))
    return iter([("case", data)])


def _path(index: int, case: Any) -> str:
    name = case.get("id") if isinstance(case, dict) else None
    return f"case[{index}]" + (f" ({name})" if isinstance(name, str) else "")
