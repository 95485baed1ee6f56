"""`python -m benchmarks.load`: the whole comparison, or a part of it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks.load import arms, machine, report, special
from benchmarks.load.results import Results
from benchmarks.load.scenarios import SCENARIOS

SPECIAL = ("services", "idle", "rollout")
PROGRAMS = {"nginx": "nginx", "haproxy": "haproxy", "caddy": "caddy"}
HERE = Path(__file__).parent / "results"
MANY = 10_000


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="Two short rounds: does it work, not how fast is it.")
@click.option("--rounds", default=5, show_default=True, help="Rounds through all arms.")
@click.option("--seconds", default=5.0, show_default=True, help="Length of one measurement.")
@click.option(
    "--arm", "chosen_arms", multiple=True, type=click.Choice(arms.ALL), help="Only these."
)
@click.option(
    "--scenario",
    "chosen",
    multiple=True,
    type=click.Choice([*(one.name for one in SCENARIOS), *SPECIAL]),
    help="Only these.",
)
@click.option("--out", default=HERE, type=click.Path(path_type=Path), help="Folder of results.")
def main(
    quick: bool,
    rounds: int,
    seconds: float,
    chosen_arms: Sequence[str],
    chosen: Sequence[str],
    out: Path,
) -> None:
    """Measure, write the page, and end with an error when a bound is broken."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is missing; apt-get install wrk nginx haproxy caddy")
    names = [one for one in chosen_arms or arms.ALL if _installed(one)]
    if quick:
        rounds, seconds = 2, 2.0
    special.raise_open_files()
    results = asyncio.run(_measure(names, chosen, rounds, seconds))
    page = report.write(results, out, f"{datetime.now(UTC):%Y-%m-%d}")
    click.echo(page.read_text())
    broken = [one for one in results.verdicts() if one.holds is False]
    for one in broken:
        click.echo(f"broken: {one.text}: {one.measured:.2f} > {one.limit:g}", err=True)
    sys.exit(1 if broken else 0)


def _installed(arm: str) -> bool:
    program = PROGRAMS.get(arm)
    if program is None or shutil.which(program):
        return True
    click.echo(f"{program} is not installed and left out (apt-get install {program})", err=True)
    return False


async def _measure(names: list[str], chosen: Sequence[str], rounds: int, seconds: float) -> Results:
    results = Results(machine.describe())
    for number in range(rounds):
        for arm in list(names):
            try:
                await _round(results, arm, chosen, seconds, f"round {number + 1}/{rounds}")
            except arms.StartError as error:
                if arm == "gateway":
                    raise click.ClickException(f"the gateway did not start: {error}") from error
                click.echo(f"{arm} is left out: {error}", err=True)
                names.remove(arm)
        if _wanted("services", chosen) and "gateway" in names:
            await _services(results, seconds)
    if _wanted("idle", chosen):
        for arm in names:
            await _idle(results, arm)
    if _wanted("rollout", chosen) and "gateway" in names:
        click.echo("rolling restart", err=True)
        done = await special.rollout(max(10.0, 4 * seconds))
        results.rollout = done.requests, done.failures
    return results


async def _round(
    results: Results, name: str, chosen: Sequence[str], seconds: float, label: str
) -> None:
    scenarios = [one for one in SCENARIOS if _wanted(one.name, chosen)]
    if not scenarios:
        return
    async with arms.started(name, arms.free_port()) as arm:
        for scenario in scenarios:
            await scenario.measure(arm, scenario.warm)
            sample = await scenario.measure(arm, seconds)
            results.add(scenario.name, name, sample)
            click.echo(
                f"{label} {name:8} {scenario.name:14} {sample.cpu * 1e6:10.1f} µs "
                f"{sample.rate:10.0f}/s {sample.failures or ''}",
                err=True,
            )


async def _services(results: Results, seconds: float) -> None:
    """One and many services side by side, in short turns, so that both see the same machine."""
    scenario = SCENARIOS[0]
    async with (
        arms.started("gateway", arms.free_port()) as one,
        arms.started("gateway", arms.free_port(), MANY) as many,
    ):
        for arm in (one, many):
            await scenario.measure(arm, scenario.warm)
        for _ in range(4):
            for count, arm in ((1, one), (MANY, many)):
                sample = await scenario.measure(arm, seconds / 2)
                results.add("services", str(count), sample)
                click.echo(f"{count:5} services {sample.cpu * 1e6:.1f} µs", err=True)


async def _idle(results: Results, name: str) -> None:
    if name == "direct":
        return
    async with arms.started(name, arms.free_port()) as arm:
        amount = await special.idle_memory(arm, special.IDLE)
        results.memory[name] = [amount]
        click.echo(f"idle connections {name} {amount:.1f} MiB", err=True)


def _wanted(name: str, chosen: Sequence[str]) -> bool:
    return not chosen or name in chosen


if __name__ == "__main__":
    main()
