"""`python -m benchmarks.load`: the gateway beside other proxies.

All of it takes less than 15 minutes on two cores; a machine that does other work gives other
numbers. Ends with 1 when a bound is missed, or the gateway does not do what a row asks.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from benchmarks.load import arms, machine, plot, report, special
from benchmarks.load.native import BuildError, build
from benchmarks.load.results import Results
from benchmarks.load.rows import NAMED, ROWS
from benchmarks.load.run import SPECIAL, Plan, run

HERE = Path(__file__).parent
OURS = [one for one in arms.ALL if one != arms.BESIDE]


class Names(click.ParamType[list[str]]):
    """Some of a list of names, with commas between them."""

    name = "a,b,…"

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        names = value if isinstance(value, list) else str(value).split(",")
        for one in names:
            if one not in self._known:
                self.fail(f"there is no {one!r}; choose among {', '.join(self._known)}", param, ctx)
        return names


@click.command(help=__doc__)
@click.option("--arms", "names", type=Names(OURS), default=OURS, help="Only these.")
@click.option(
    "--rows", "rows", type=Names([*NAMED, *SPECIAL]), default=[*NAMED, *SPECIAL], help="Only these."
)
@click.option("--rounds", default=8, show_default=True, help="Rounds through all rows and arms.")
@click.option("--seconds", default=1.0, show_default=True, help="Length of a slice.")
@click.option("--quick", is_flag=True, help="Two short rounds: does it work, not how fast is it.")
@click.option("--python", default=sys.executable, help="Interpreter of the gateway.")
@click.option(
    "--beside",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another checkout, whose gateway is an arm too.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=HERE / "results.md",
    help="Page of results; its picture stands beside it.",
)
@click.option("--json", "data", type=click.Path(path_type=Path), help="All samples, as JSON.")
def main(
    names: list[str],
    rows: list[str],
    rounds: int,
    seconds: float,
    quick: bool,
    python: str,
    beside: Path | None,
    output: Path,
    data: Path | None,
) -> None:
    """Measure, write the page, and end with an error when a bound is missed."""
    special.raise_open_files()
    plan = Plan(
        arms=[one for one in names if _installed(one)] + ([arms.BESIDE] if beside else []),
        rows=[row for row in ROWS if row.name in rows],
        special=[one for one in SPECIAL if one in rows],
        rounds=2 if quick else rounds,
        seconds=0.3 if quick else seconds,
        python=str(Path(python).absolute()) if "/" in python else python,
        checkout=beside,
        say=lambda text: click.echo(text, err=True),
    )
    results = Results(machine.describe(python))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            asyncio.run(_measure(plan, results, Path(folder)))
        finally:  # what was measured until somebody had enough is not lost
            _write(results, output, data)
    click.echo(report.bounds_table(results))
    sys.exit(not results.good())


def _installed(name: str) -> bool:
    if arms.installed(name):
        return True
    click.echo(f"{name} is not installed and left out; `make bench` installs it", err=True)
    return False


async def _measure(plan: Plan, results: Results, folder: Path) -> None:
    try:
        programs = build(folder)
    except BuildError as error:
        raise click.ClickException(str(error)) from error
    async with arms.prepared(programs) as bench:
        await run(plan, bench, results)


def _write(results: Results, output: Path, data: Path | None) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    picture = output.with_suffix(".png")
    plot.plot(results, picture)
    output.write_text(report.markdown(results, picture.name))
    if data is not None:
        data.write_bytes(orjson.dumps(results.plain(), option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
