"""`python -m benchmarks.simulator`: writes results.md and plane.png beside this file.

Exits with 1 when a bound that the project promises is broken.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from scaler.simulator import plots, promises, report
from scaler.simulator.arms import ARMS
from scaler.simulator.compare import Results, compare
from scaler.simulator.frontier import Points, length, measure
from scaler.simulator.frontier_report import BASELINE, NOTE, by_load, sentence, summary
from scaler.simulator.ratios import Ratio
from scaler.simulator.recorded import UNITS, read_recording, recorded_runs
from scaler.simulator.scenario import SCENARIOS, TRAFFIC, Run, Scenario
from scaler.simulator.setup import DEFAULT, Sizing, built_in
from scaler.simulator.study import headline

HERE = Path(__file__).parent
MOST_VIOLATION, MOST_COST, MOST_REVERSALS = 0.5, 1.06, 1.0

COMPARED = ("hpa-v1", "hpa-default", "hpa-tuned", "responsive")
ALL = (
    *COMPARED,
    *("responsive-kubelet", "responsive-gateway", "kpa", "keda-http"),
    *("static-min", "static-max", "oracle"),
)


VARIED = ("hpa-v1", "responsive", "responsive-gateway", "kpa", "keda-http", "fixed", "oracle")
STARTS = {"10 s": (8.0, 12.0), "60 s": (50.0, 70.0), "240 s": (200.0, 280.0)}
TRIED = (20, 35, 50, 65, 80, 95)
SEEDS_VARIED = 8


def smooth() -> list[Scenario]:
    """The loads that the bounds of this file are on; what is promised on traffic is in
    `scaler.simulator.promises`."""
    return [scenario for name, scenario in SCENARIOS.items() if name not in TRAFFIC]


def large(scenario: Scenario) -> Scenario:
    """Two to forty pods instead of one to ten."""
    return replace(scenario, peak=30.0, world=replace(scenario.world, minimum=2, maximum=40))


def bursting(scenario: Scenario) -> Scenario:
    """Pods may use twice what they request, and the target is half of the request."""
    world = replace(scenario.world, request_m=500, limit_m=1000, target_pct=50)
    return replace(scenario, peak=2.2, world=world)


def run(scenarios: list[Scenario], seeds: range, arms: tuple[str, ...], label: str) -> Results:
    """All runs, with a progress bar."""
    runs = [scenario.build(seed) for scenario in scenarios for seed in seeds]
    with click.progressbar(length=len(runs) * len(arms), label=label, file=sys.stderr) as bar:
        return compare(runs, [ARMS[name] for name in arms], 2, lambda: bar.update(1))


def broken(found: list[Ratio]) -> list[str]:
    """The promised bounds, against the HPAs, that `responsive` on their samples does not keep."""
    promised = [one for one in found if one.arm == "responsive" and "hpa" in one.baseline]
    return [
        f"{one.arm} against {one.baseline}: {name} {value:.3f} is above {most:g}"
        for one in promised
        for name, value, most in (
            ("SLO violation", one.violation, MOST_VIOLATION),
            ("pod-seconds", one.cost, MOST_COST),
            ("reversals", one.reversals, MOST_REVERSALS),
        )
        if value > most
    ] + [
        f"{one.arm} against {one.baseline}: worse in both on {', '.join(one.worse_in_both)}"
        for one in promised
        if one.worse_in_both
    ]


def _recorded(path: Path, sizing: Sizing, unit: str, seeds: range) -> list[Run]:
    world = sizing.of(DEFAULT, None)
    load = read_recording(path, unit, world, lambda note: click.echo(f"{path}: {note}", err=True))
    return recorded_runs(path, load, world, seeds)


def _starting(start: tuple[float, float], recorded: list[Run], seeds: range) -> list[Run]:
    """The loads that promises are made on, with pods that start so fast."""
    runs = [*built_in(TRAFFIC, Sizing(), None, seeds), *recorded]
    return [replace(one, world=replace(one.world, start_s=start)) for one in runs]


def frontiers(recorded: list[Run], seeds: range) -> dict[str, Points]:
    """The frontiers by start-up time."""
    arms = [ARMS[name] for name in VARIED]
    found: dict[str, Points] = {}
    for title, start in STARTS.items():
        runs = _starting(start, recorded, seeds)
        label, steps = f"Start-up of {title}", length(runs, arms, TRIED)
        with click.progressbar(length=steps, label=label, file=sys.stderr) as bar:
            found[title] = measure(runs, arms, 2, partial(bar.update, 1), TRIED)
    return found


def unkept(found: dict[str, Points]) -> list[str]:
    """The promises of `scaler.simulator.promises` that the frontiers break."""
    lines = promises.broken(next(iter(found.values())))
    for title, points in list(found.items())[1:]:
        for arm in ("responsive", "responsive-gateway"):
            if loads := promises.worse_in_both(points, arm):
                lines.append(f"{arm}, start-up of {title}: worse in both on {', '.join(loads)}")
    return lines


def _equal_cost(found: dict[str, Points]) -> str:
    first = next(iter(found.values()))
    parts = ["## Violation at equal cost\n", sentence(first, "responsive")]
    parts += [sentence(first, "responsive-gateway"), "\n" + NOTE.format(baseline=BASELINE) + "\n"]
    for title, points in found.items():
        parts += [f"### Pods that start in {title}\n", report.markdown(summary(points))]
        parts.append(report.markdown(by_load(points)))
    for rival in ("kpa", "keda-http"):
        parts += [f"### Against {rival}\n", report.markdown(summary(first, rival))]
    for title, lines in (
        ("Promises", unkept(found)),
        ("Aims that are not reached", promises.broken(first, promises.AIMS)),
    ):
        parts += [f"### {title}\n", "".join(f"- {line}\n" for line in lines) or "All kept.\n"]
    return "\n".join(parts)


@click.command()
@click.option("--trace", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--unit", type=click.Choice(UNITS), default="requests", help="Of every --trace.")
@click.option("--work", type=float, help="Of a request of every --trace, in milliCPU-seconds.")
@click.option("--max", "maximum", type=int, help="Most replicas for every --trace.")
@click.option("--seeds", type=click.IntRange(1), default=10, show_default=True)
@click.option("--first-seed", type=click.IntRange(0), default=501, show_default=True)
def main(
    seeds: int,
    first_seed: int,
    trace: tuple[Path, ...],
    unit: str,
    work: float | None,
    maximum: int | None,
) -> None:
    """Compare all policies over all scenarios and write the results down."""
    numbers, few = (range(first_seed, first_seed + n) for n in (seeds, min(seeds, SEEDS_VARIED)))
    sizing = Sizing(work=work, maximum=maximum)
    recorded = [one for path in trace for one in _recorded(path, sizing, unit, few)]
    varied = frontiers(recorded, few)
    shapes = smooth()
    results = run(shapes, numbers, ALL, "Built-in")
    others = {
        title: run([world(s) for s in shapes], range(first_seed, first_seed + 3), COMPARED, title)
        for title, world in (("2 to 40 pods", large), ("limit twice the request", bursting))
    }
    plots.plane(HERE / "plane.png", results)
    found = headline(results)
    text = _text(results, others, found, numbers, _equal_cost(varied))
    (HERE / "results.md").write_text(text, encoding="utf-8")
    lines = [*unkept(varied), *broken(found)]
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1 if lines else 0)


def _text(
    results: Results,
    others: dict[str, Results],
    found: list[Ratio],
    seeds: range,
    equal_cost: str,
) -> str:
    parts = [
        _HEAD.format(first=seeds.start, last=seeds.stop - 1, equal_cost=equal_cost),
        report.markdown(report.ratio_table(found)),
        _bounds(found),
        "## Where responsive loses\n",
        report.markdown(report.loss_table(results, [r for r in found if r.arm == "responsive"])),
        "## Other worlds (three seeds, none of them tuned on)\n",
    ]
    for title, one in others.items():
        parts += [f"{title}:\n", report.markdown(report.ratio_table(headline(one)))]
    parts += ["## The policies\n", "".join(f"- {report.describe(ARMS[n])}\n" for n in ALL)]
    for name, title in report.MEASURES.items():
        parts += [f"## {title}\n", report.markdown(report.measure_table(results, name))]
    return "\n".join(parts)


def _bounds(found: list[Ratio]) -> str:
    kept = f"Promised: SLO violation {MOST_VIOLATION}, pod-seconds {MOST_COST}, fewer reversals, "
    kept += "no scenario worse in both. "
    return kept + ("; ".join(broken(found)) or "All kept") + ".\n"


_HEAD = """# Scaling policies in the simulator

Written by `python -m benchmarks.simulator` (seeds {first} to {last}). Nothing in the policy
knows a shape; its constants were chosen on recorded hours of two services, on random loads of the
same statistics, and with an eye on seeds 201 to 308 of `traffic-…`, which are none of these.
Virtual time, so the machine does not matter. The service is OSCAR's default: 1 to 10 pods, target
80 %, CPU limit equal to the request; pods start in 8 to 16 s (60 to 90 s in `slow-starters`).

`responsive` and the HPAs see the same samples of metrics-server (kubelets read every 10 s, scraped
every 15 s); the HPAs decide every 15 s, `responsive` every 2 s. `responsive-kubelet` reads the
kubelets itself, `responsive-gateway` also gets the gateway's counts: requests that have come, and
those in flight in the mean of ten seconds. After a controller restart the scaler goes on from what
it stored with its last change; an HPA starts anew. `kpa` is Knative's autoscaler, which averages
requests itself, and `keda-http` KEDA's http add-on, which takes the count of an instant; the target
of both is seven tenths of what a pod can take, and a metric outage does not touch them. Requests
come at random; in `traffic-…` they have the spread and the costs of real ones, and up to 20 pods
(docs/operate/simulator.md).

{equal_cost}
## With their own targets, on smooth loads

Ratios below 1 are better. Each is the geometric mean over the scenarios of the ratio of means over
the seeds; violations count as seconds + 1, because some scenarios have none. The SLO is violated
in a second in which the load exceeds what the ready pods can do, or a request would wait for more
than half a second. Reversals: changes of direction within ten minutes, totals of both.
In parentheses what four in five other draws of seeds give (bootstrap).
Tables below: median (tenth to ninetieth percentile).

![cost and violations](plane.png)
"""


if __name__ == "__main__":
    main()
