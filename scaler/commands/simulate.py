"""`python -m scaler simulate`: policies side by side on a load, in a model of a cluster."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scaler.simulator import frontier_report, report, zero_report
from scaler.simulator.arms import ARMS
from scaler.simulator.compare import Results, compare
from scaler.simulator.days import DAYS
from scaler.simulator.faults import FAULTS
from scaler.simulator.frontier import TARGETS, Points, length
from scaler.simulator.frontier import measure as measured
from scaler.simulator.frontier_report import BASELINE, REFERENCES
from scaler.simulator.idle import IDLE
from scaler.simulator.inputs import (
    InputError,
    arm_of_service,
    arm_of_settings,
    read_service,
)
from scaler.simulator.recorded import UNITS, read_recording, recorded_runs
from scaler.simulator.scenario import SCENARIOS, Run
from scaler.simulator.setup import DEFAULT, KNOWN, Sizing, built_in
from scaler.simulator.study import headline, pictured, write
from scaler.simulator.tokens import WEIGHTS, Weights
from scaler.simulator.verdict import verdicts
from shared.service.durations import bounded

if TYPE_CHECKING:
    from scaler.simulator.arm import Arm
    from shared.service.model import Service

_DEFAULT_ARMS = "hpa-v1,hpa-default,hpa-tuned,responsive,responsive-kubelet"
_DAY_S = 86_400
_MEASURES = ("violation_s", "pod_seconds", "reversals")


class Names(click.ParamType[list[str]]):
    """Comma-separated names of a known set, or "all", which leaves some out."""

    name = "names"

    def __init__(self, known: dict[str, object], without: Iterable[str] = ()) -> None:
        self.known = known
        self.all = [name for name in known if name not in without]

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        names = self.all if value == "all" else [n.strip() for n in value.split(",")]
        for name in names:
            if name not in self.known:
                self.fail(f"{name!r} is unknown; known are {', '.join(self.known)}", param, ctx)
        return names


class Durations(click.ParamType[list[float]]):
    """Comma-separated durations in seconds."""

    name = "durations"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[float]:
        try:
            return [bounded(1, _DAY_S)(each.strip()) for each in value.split(",")]
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _together(_: click.Context, __: click.Parameter, given: tuple[list[str], ...]) -> list[str]:
    """The names of an option that may be given several times, each once."""
    return list(dict.fromkeys(name for names in given for name in names))


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_COUNT = click.IntRange(1)


@click.command(
    epilog="""\b
Examples:
  Built-in loads:         simulate --shape square,spike --out report
  A service's own load:   simulate --service nginx.yaml --load cpu.json --out report
  Counts of a cloud:      simulate --load sum.csv --unit requests-per-interval --scale 2
  Requests to a model:    simulate --load tokens.csv --unit tokens --work 1000 --max 20
  One that loads long:    simulate --shape traffic-code --start 200 280 --frontier
  Nothing runs at night:  simulate --load cpu.json --zero-after 5m,30m
  Settings to try on it:  simulate --service nginx.yaml --load cpu.json --scaling quick.yaml
The load of a service, as JSON, is what Prometheus answers at /api/v1/query_range to
  sum(rate(container_cpu_usage_seconds_total{namespace="oscar-svc",pod=~"nginx-dlp.*",container!=""}[1m]))
Where the service was short of pods then, the recording shows less than was asked of it."""
)
@click.option(
    "--shape",
    type=Names(dict(KNOWN), (*FAULTS, *IDLE, *DAYS)),
    multiple=True,
    callback=_together,
    help="Built-in loads, sized to fill --max replicas (20 for traffic-…, requests as real ones "
    f"come): {', '.join(SCENARIOS)}, or all.  [all]  Only by name, what goes wrong with services: "
    f"{', '.join(FAULTS)}; loads with stretches in which nobody asks: {', '.join(IDLE)}; and days "
    f"that are alike: {', '.join(DAYS)}.",
)
@click.option(
    "--load",
    type=_FILE,
    help="A recorded load instead: CSV (a column of times, seconds or ISO 8601, and one or more of "
    "values) or the JSON of a Prometheus range query; series are added; also gzipped.",
)
@click.option(
    "--unit",
    type=click.Choice(UNITS),
    default=UNITS[0],
    show_default=True,
    help="What --load counts: CPU in use, a counter of CPU seconds, requests a second, the "
    "requests of each interval, which begins at its time (as CloudWatch and Azure count), or the "
    "tokens of each request: CSV of time, prompt tokens and generated tokens, a row a request.",
)
@click.option(
    "--scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="So many times the recorded load.",
)
@click.option(
    "--work",
    type=click.FloatRange(min=0, min_open=True),
    help="CPU that a request takes, in milliCPU-seconds, with tokens in the mean.  "
    f"[{DEFAULT.request_work_m:g}]",
)
@click.option(
    "--token-cost",
    type=(click.FloatRange(0), click.FloatRange(0), click.FloatRange(0)),
    default=astuple(WEIGHTS),
    metavar="REQUEST PROMPT GENERATED",
    help="For tokens: the cost of any request, of each prompt token and of each generated one, in "
    "relation to each other; --work is that of the mean request.  "
    "[{:g} {:g} {:g}]".format(*astuple(WEIGHTS)),
)
@click.option(
    "--service",
    type=_FILE,
    help="FDL of your service: replicas, target, CPU, concurrency, and its expose.scaling as one "
    "more policy. The options below win over it.",
)
@click.option("--name", default="", help="Your service, where a file has several.")
@click.option(
    "--scaling",
    type=_FILE,
    multiple=True,
    help="YAML with settings to try as one more policy, named as the file: the fields of "
    "expose.scaling, or the scaler's whole configuration. May be given several times.",
)
@click.option(
    "--policies",
    type=Names(dict(ARMS)),
    multiple=True,
    callback=_together,
    default=(_DEFAULT_ARMS,),
    show_default=True,
    help=f"To run side by side: {', '.join(ARMS)}, or all.",
)
@click.option("--min", "minimum", type=_COUNT, help=f"Least replicas.  [{DEFAULT.minimum}]")
@click.option("--max", "maximum", type=_COUNT, help=f"Most replicas.  [{DEFAULT.maximum}]")
@click.option(
    "--target",
    type=click.IntRange(1, 1000),
    help=f"CPU to aim at, in percent of the request.  [{DEFAULT.target_pct}]",
)
@click.option("--request", type=_COUNT, help="CPU request of a pod in milliCPU.  [the limit]")
@click.option(
    "--limit",
    type=_COUNT,
    help=f"CPU limit of a pod in milliCPU: the most it can use.  [{DEFAULT.limit_m}]",
)
@click.option(
    "--start",
    type=(click.FloatRange(0), click.FloatRange(0)),
    metavar="LEAST MOST",
    help="Seconds from a pod's start to its readiness: 8 12 for a small server, 200 280 for a "
    "large model.  [{:g} {:g}]".format(*DEFAULT.start_s),
)
@click.option(
    "--concurrency",
    type=_COUNT,
    help="Requests in flight in a pod that works at its limit; for policies that count requests."
    f"  [{DEFAULT.concurrency}]",
)
@click.option(
    "--slo",
    type=click.FloatRange(0),
    help=f"Seconds that a request may wait for a pod.  [{DEFAULT.slo_wait_s:g}]",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="Runs of each load; they differ in phases and start times, and built-in loads in form.",
)
@click.option("--first-seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--processes", type=_COUNT, default=min(2, os.cpu_count() or 1), show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for report.html, its pictures and scores.csv.",
)
@click.option(
    "--zero-after",
    type=Durations(),
    help="Tell, instead of comparing --policies, what zero_after would save on this load and what "
    "it would cost in waits, for each of some durations, such as 1m,10m,1h; with Knative and KEDA.",
)
@click.option(
    "--wake-to",
    type=_COUNT,
    default=1,
    show_default=True,
    help="With --zero-after: the pods that a service wakes to.",
)
@click.option(
    "--frontier",
    is_flag=True,
    help="Vary each policy's target too, and compare violations at equal cost first. Takes "
    f"{len(TARGETS)} times as long.",
)
def simulate(
    shape: list[str],
    load: Path | None,
    unit: str,
    scale: float,
    token_cost: tuple[float, float, float],
    service: Path | None,
    name: str,
    scaling: tuple[Path, ...],
    policies: list[str],
    seeds: int,
    first_seed: int,
    processes: int,
    out: Path | None,
    zero_after: list[float] | None,
    wake_to: int,
    frontier: bool,
    **sizes: Any,
) -> None:
    """Run policies side by side on a load and score them: SLO violations, cost, reversals, and how
    soon they answer. Nothing is changed in any cluster."""
    if shape and load:
        raise click.UsageError("--shape and --load exclude each other; give one of them")
    _prepare(out)
    own = _service(service, name) if service else None
    arms = [*(ARMS[each] for each in policies), *_own_arms(own, scaling, name)]
    numbers = range(first_seed, first_seed + seeds)
    sizing = Sizing(**sizes)
    if load:
        runs = _recorded(load, unit, scale, Weights(*token_cost), sizing, own, numbers)
    else:
        with _fitting():
            runs = built_in(shape or None, sizing, own, numbers)
    if zero_after:
        if frontier or out:
            raise click.UsageError(
                "--zero-after prints a table of its own; leave out --frontier, --out"
            )
        _zero(runs, zero_after, wake_to)
        return
    points = _frontier(runs, arms, processes) if frontier else {}
    with _bar(len(runs) * len(arms), "Simulating") as bar:
        results = compare(runs, arms, processes, lambda: bar.update(1))
    _print(results)
    if out:
        with _bar(len(pictured(runs)) * len(arms), "Drawing") as bar:
            write(out, runs, arms, results, lambda: bar.update(1), points)
        click.echo(f"Report: {out / 'report.html'}")


def _prepare(out: Path | None) -> None:
    """Fail before the long work, not after it."""
    if out is None:
        return
    if importlib.util.find_spec("matplotlib") is None:
        raise click.ClickException(
            "pictures need matplotlib; pip install 'exposed-services[plots]', or leave --out away"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{out}: {error.strerror}", param_hint="--out") from error


@contextmanager
def _naming(path: Path, option: str) -> Iterator[Callable[[str], None]]:
    """Whatever is wrong with the file is said with its name; so is what is worth a note."""
    try:
        yield lambda sentence: click.echo(f"{path}: {sentence}", err=True)
    except (InputError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path}: {error}", param_hint=option) from error


def _service(path: Path, name: str) -> Service:
    with _naming(path, "--service") as note:
        return read_service(path.read_text("utf-8"), name, note)


def _own_arms(service: Service | None, files: tuple[Path, ...], name: str) -> list[Arm]:
    arms: list[Arm] = []
    if service and (arm := arm_of_service(service, partial(click.echo, err=True))):
        arms.append(arm)
    for path in files:
        with _naming(path, "--scaling") as note:
            if path.stem in (*ARMS, *(arm.name for arm in arms)):
                raise InputError(f"{path.stem!r} is the name of another policy; rename the file")
            arms.append(arm_of_settings(path.read_text("utf-8"), path.stem, service, name, note))
    return arms


@contextmanager
def _fitting() -> Iterator[None]:
    """Options that contradict each other, or the service, are refused."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _recorded(
    load: Path,
    unit: str,
    scale: float,
    weights: Weights,
    sizing: Sizing,
    service: Service | None,
    seeds: range,
) -> list[Run]:
    with _fitting():
        world = sizing.of(DEFAULT, service)
    with _naming(load, "--load") as note:
        recorded = read_recording(load, unit, world, note, scale, weights)
    return recorded_runs(load, recorded, world, seeds)


def _bar(length: int, label: str) -> Any:
    return click.progressbar(length=length, label=label, file=sys.stderr)


def _zero(runs: list[Run], after: list[float], wake_to: int) -> None:
    """What each zero_after saves, and what requests wait for it; printed."""
    arms, hours = zero_report.arms(after, wake_to), zero_report.hours_of(runs)
    with _bar(len(runs) * len(arms), "Simulating") as bar:
        found = zero_report.measured(runs, arms, lambda: bar.update(1))
    click.echo(report.markdown(zero_report.table(found, hours)))
    for sentence in zero_report.sentences(found, after, hours):
        click.echo(sentence)


def _frontier(runs: list[Run], arms: list[Arm], processes: int) -> Points:
    """The frontier of each policy, with the HPA's and the references beside them; printed."""
    known = {arm.name: arm for arm in arms}
    varied = list(
        {BASELINE: ARMS[BASELINE], **known, **{name: ARMS[name] for name in REFERENCES}}.values()
    )
    with _bar(length(runs, varied), "Varying targets") as bar:
        points = measured(runs, varied, processes, lambda: bar.update(1))
    click.echo(f"\nAt equal cost\n\n{report.markdown(frontier_report.summary(points))}")
    click.echo(report.markdown(frontier_report.by_load(points)))
    click.echo(frontier_report.NOTE.format(baseline=BASELINE))
    return points


def _print(results: Results) -> None:
    for measure in _MEASURES:
        click.echo(f"\n{report.MEASURES[measure]}\n")
        click.echo(report.markdown(report.measure_table(results, measure)))
    if found := headline(results):
        click.echo("Ratios (below 1 is better)\n")
        click.echo(report.markdown(report.ratio_table(found)))
    for sentence in verdicts(results, [one for one in found if one.baseline == found[0].baseline]):
        click.echo(sentence)
