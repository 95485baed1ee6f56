"""`python -m scaler simulate`: policies side by side on a load, in a model of a cluster."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaler.simulator import report
from scaler.simulator.arms import ARMS
from scaler.simulator.compare import Results, compare
from scaler.simulator.load_file import LoadError, read_load
from scaler.simulator.scenario import SCENARIOS, Run, World
from scaler.simulator.study import headline, write

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFAULT_ARMS = "hpa-v1,hpa-default,hpa-tuned,responsive,responsive-kubelet"


class Names(click.ParamType[list[str]]):
    """Comma-separated names of a known set, or "all"."""

    name = "names"

    def __init__(self, known: dict[str, object]) -> None:
        self.known = known

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        names = list(self.known) if value == "all" else [n.strip() for n in value.split(",")]
        for name in names:
            if name not in self.known:
                self.fail(f"{name!r} is unknown; known are {', '.join(self.known)}", param, ctx)
        return names


@click.command()
@click.option("--shape", type=Names(dict(SCENARIOS)), help="Built-in loads, or all.  [all]")
@click.option(
    "--load",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A load of your own instead: CSV (time, cores) or a Prometheus range query's JSON.",
)
@click.option("--policies", type=Names(dict(ARMS)), default=_DEFAULT_ARMS, show_default=True)
@click.option("--seeds", type=click.IntRange(1, 100), default=10, show_default=True)
@click.option("--first-seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--min", "minimum", type=click.IntRange(1), default=1, show_default=True)
@click.option("--max", "maximum", type=click.IntRange(1), default=10, show_default=True)
@click.option("--target", type=click.IntRange(1, 1000), default=80, show_default=True, help="In %.")
@click.option("--request", type=click.IntRange(1), help="CPU request in milliCPU.  [the limit]")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="milliCPU.")
@click.option(
    "--start",
    type=(click.FloatRange(0), click.FloatRange(0)),
    help="Range of the seconds from a pod's start to its readiness.",
)
@click.option("--processes", type=click.IntRange(1), default=min(2, os.cpu_count() or 1))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for the report, pictures and scores.",
)
def simulate(
    shape: list[str] | None,
    load: Path | None,
    policies: list[str],
    seeds: int,
    first_seed: int,
    minimum: int,
    maximum: int,
    target: int,
    request: int | None,
    limit: int,
    start: tuple[float, float] | None,
    processes: int,
    out: Path | None,
) -> None:
    """Run POLICIES side by side and score them: SLO violations, cost, reaction, reversals."""
    if shape and load:
        raise click.UsageError("--shape and --load exclude each other; give one of them")
    if minimum > maximum:
        raise click.UsageError(f"--min {minimum} is above --max {maximum}; lower it")

    def fitted(world: World) -> World:
        return replace(
            world,
            minimum=minimum,
            maximum=maximum,
            target_pct=target,
            request_m=request or limit,
            limit_m=limit,
            start_s=start or world.start_s,
        )

    numbers = range(first_seed, first_seed + seeds)
    runs = _recorded(load, fitted(World()), numbers) if load else _built_in(shape, fitted, numbers)
    arms = [ARMS[name] for name in policies]
    with click.progressbar(
        length=len(runs) * len(arms), label="Simulating", file=sys.stderr
    ) as bar:
        results = compare(runs, arms, processes, lambda: bar.update(1))
    _print(results)
    if out:
        try:
            write(out, runs, arms, results)
        except ImportError as error:
            raise click.ClickException(
                f"pictures need matplotlib ({error}); pip install 'exposed-services[plots]'"
            ) from error
        click.echo(f"Report: {out / 'report.html'}")


def _built_in(
    shape: list[str] | None, fitted: Callable[[World], World], numbers: range
) -> list[Run]:
    chosen = [SCENARIOS[name] for name in shape or SCENARIOS]
    return [
        replace(scenario, world=fitted(scenario.world)).build(seed)
        for scenario in chosen
        for seed in numbers
    ]


def _recorded(path: Path, world: World, seeds: range) -> list[Run]:
    try:
        load = read_load(path.read_text(encoding="utf-8"), world.limit_m / 1000)
    except (LoadError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--load") from error
    return [Run(path.stem, seed, world, load) for seed in seeds]


def _print(results: Results) -> None:
    for measure in ("violation_s", "pod_seconds", "reversals"):
        click.echo(f"\n{report.MEASURES[measure]}\n")
        click.echo(report.markdown(report.measure_table(results, measure)))
    if found := headline(results):
        click.echo("Ratios (below 1 is better)\n")
        click.echo(report.markdown(report.ratio_table(found)))
