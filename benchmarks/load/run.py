"""The run: all arms alive at once, rows in turn, slices of a second in an order that is drawn."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.load import arms, bounds, special
from benchmarks.load.arms import Arm, Bench
from benchmarks.load.generator import LoadError
from benchmarks.load.latency import ROW, SHARES, latency
from benchmarks.load.measure import RefusedError, sliced, verify
from benchmarks.load.processes import StartError
from benchmarks.load.results import Results
from benchmarks.load.rows import Row

SPECIAL: Final = ("latency", "idle", "services", "rollout")
_UNCHECKED: Final = frozenset({"token", "h2-get", "h2-post"})
"""Rows that ask for what a forwarder of bytes has not."""
LONG: Final = 3
"""Slices that a share of the capacity is kept up for."""
ROLLOUT: Final = 15
"""And that pods are replaced for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and for how long."""

    arms: Sequence[str]
    rows: Sequence[Row]
    special: Sequence[str] = ()
    rounds: int = 8
    seconds: float = 1.0
    python: str = sys.executable
    """Interpreter of the gateway."""
    checkout: Path | None = None
    """Where the arm `beside` comes from."""
    chance: random.Random = field(default_factory=random.Random)
    say: Callable[[str], None] = print


def order(plan: Plan, number: int, names: Sequence[str]) -> list[str]:
    """The arms of a round as they come, those that are rare in every other one only."""
    wanted = [one for one in names if one not in arms.RARE or number % 2 == 0]
    return plan.chance.sample(wanted, len(wanted))


async def run(plan: Plan, bench: Bench, results: Results) -> None:
    """Measure everything; `results` is filled on the way."""
    async with _alive(plan, bench, results) as alive:
        fit = {row.name: await _fit(plan, bench, results, row, alive) for row in plan.rows}
        for number in range(plan.rounds):
            for row in plan.rows:
                names = [one for one in alive if one in fit[row.name]]
                for name in order(plan, number, names):
                    await _slice(plan, bench, results, row, alive[name], number)
                _progress(plan, results, row, number)
        if "latency" in plan.special:
            await _latencies(plan, bench, results, alive)
    if "idle" in plan.special:
        for name in alive:
            await _idle(plan, bench, results, name)
    await _gateway_alone(plan, bench, results)


@contextlib.asynccontextmanager
async def _alive(plan: Plan, bench: Bench, results: Results) -> AsyncIterator[dict[str, Arm]]:
    """All that came up; what did not is told, and left out."""
    async with contextlib.AsyncExitStack() as stack:
        alive = {}
        for name in plan.arms:
            try:
                arm = arms.started(name, bench, plan.python, checkout=plan.checkout)
                alive[name] = await stack.enter_async_context(arm)
            except StartError as error:
                results.left_out[name] = str(error)
                plan.say(f"{name} is left out: {error}")
        yield alive


async def _fit(
    plan: Plan, bench: Bench, results: Results, row: Row, alive: dict[str, Arm]
) -> list[str]:
    """The arms that answer a row as they should; the trial warms them up besides."""
    found = []
    for name, arm in alive.items():
        if name == "forwarder" and row.name in _UNCHECKED:
            continue
        try:
            await verify(bench, arm, row)
        except RefusedError as error:
            results.left_out[f"{row.name} {name}"] = str(error)
            plan.say(f"{row.name}: {name} is left out: {error}")
        else:
            found.append(name)
    return found


async def _slice(
    plan: Plan, bench: Bench, results: Results, row: Row, arm: Arm, number: int
) -> None:
    """One that goes wrong is told, and ends nothing else."""
    try:
        sample = await sliced(bench, arm, row, plan.seconds, number)
    except LoadError as error:
        results.left_out[f"{row.name}, round {number + 1}, {arm.name}"] = str(error)
        plan.say(f"round {number + 1} {row.name}: {arm.name} is left out: {error}")
    else:
        results.add(row.name, arm.name, sample)


async def _latencies(plan: Plan, bench: Bench, results: Results, alive: dict[str, Arm]) -> None:
    for name in await _fit(plan, bench, results, ROW, alive):
        arm, capacity = alive[name], results.median(ROW.name, name, "rate")
        if capacity is None:
            capacity = (await sliced(bench, arm, ROW, plan.seconds, 0)).rate
        for share in SHARES:
            found = await latency(bench, arm, share, capacity, LONG * plan.seconds)
            results.latencies.append(found)
            tail = found.percentiles["p99"] * 1e3
            plan.say(f"latency at {share:.0%} of {capacity:.0f}/s {name}: p99 {tail:.2f} ms")


async def _idle(plan: Plan, bench: Bench, results: Results, name: str) -> None:
    """Of a process that is new: one that was busy has memory left over."""
    async with arms.started(name, bench, plan.python, checkout=plan.checkout) as arm:
        results.keep_idle(name, await special.idle_memory(bench, arm))
    plan.say(f"idle connections {name}: {results.idle[name]:.1f} MiB")


async def _gateway_alone(plan: Plan, bench: Bench, results: Results) -> None:
    if "gateway" not in plan.arms or "gateway" in results.left_out:
        return
    if "services" in plan.special:
        ratio = await special.table(bench, plan.python, plan.seconds)
        results.special[bounds.SERVICES] = ratio
        plan.say(f"10 000 services ÷ few: {ratio:.2f}")
    if "rollout" in plan.special:
        done = await special.rollout(bench.programs, ROLLOUT * plan.seconds, plan.python)
        results.keep_rollout(done.units + done.failures, done.failures)
        plan.say(f"pods replaced: {done.failures} of {done.units} requests failed")


def _progress(plan: Plan, results: Results, row: Row, number: int) -> None:
    said = []
    for arm in plan.arms:
        ratio, cost = results.ratio(row.name, arm), results.median(row.name, arm, "cpu")
        if cost is not None:
            said.append(f"{arm} {cost * 1e6:.1f} µs" + (f" ×{ratio.middle:.2f}" if ratio else ""))
    plan.say(f"round {number + 1}/{plan.rounds} {row.name:14} " + " · ".join(said))
