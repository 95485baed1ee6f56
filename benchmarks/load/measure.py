"""One slice: a row's load on an arm for a second, and what a unit of it cost."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.load import generator, h2load, traffic
from benchmarks.load.accounting import cpu
from benchmarks.load.arms import HOST, Arm, Bench
from benchmarks.load.generator import Load, LoadError, Outcome, packed
from benchmarks.load.proxies.setup import LOCKED, OPEN, prefix
from benchmarks.load.rows import Row

TRIAL: Final = 0.3
"""Seconds in which an arm shows that it answers at all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """`cpu` is seconds of the arm's CPU for a unit; shares are of one core."""

    round: int
    cpu: float
    rate: float
    """Units a second."""
    busy: float
    """The arm's share: near 1 where it was what held the others up."""
    load: float
    application: float
    failures: int = 0


class RefusedError(Exception):
    """An arm does not do what the row asks; the message says how that showed."""


async def sliced(bench: Bench, arm: Arm, row: Row, seconds: float, number: int) -> Sample:
    """Measure, once connections are open and warm; `number` is that of the round."""
    async with contextlib.AsyncExitStack() as stack:
        if row.kind == "h2":
            loaded = h2load.run(_h2_url(arm), seconds, row.connections, row.body)
        else:
            load = _load(arm, row, seconds)
            running = generator.warmed(bench.programs.load, arm.port, load)
            loaded = (await stack.enter_async_context(running)).outcome()
        before = cpu(arm.pid), cpu(bench.upstream_pid), time.monotonic_ns()
        done = await loaded
        after = cpu(arm.pid), cpu(bench.upstream_pid), time.monotonic_ns()
    used, application, took = (later - sooner for later, sooner in zip(after, before, strict=True))
    return Sample(
        round=number,
        cpu=used / 1e9 / max(done.units, 1),
        rate=done.units / max(done.seconds, 1e-9),
        busy=used / took,
        load=done.cpu * 1e9 / took,
        application=application / took,
        failures=done.failures + done.unanswered,
    )


async def verify(bench: Bench, arm: Arm, row: Row) -> None:
    """RefusedError unless the arm answers this row as it should; asked before it is measured."""
    try:
        done = await _loaded(bench, arm, row, TRIAL)
    except LoadError as error:
        raise RefusedError(str(error).strip().splitlines()[-1]) from error
    if not done.units or done.failures:
        raise RefusedError(f"{done.units} {row.unit}s went well, {done.failures} did not")
    if row.name == "token":
        stranger = packed(traffic.get("/", service=LOCKED)(f"{HOST}:{arm.port}"))
        load = Load("keep", 1, stranger, TRIAL)
        if (await generator.run(bench.programs.load, arm.port, load)).units:
            raise RefusedError("it let a stranger in")


async def paced(bench: Bench, arm: Arm, row: Row, seconds: float, rate: float) -> Outcome:
    """An open loop: so many requests a second become due, whatever the arm does."""
    return await generator.run(bench.programs.load, arm.port, _load(arm, row, seconds, rate=rate))


async def _loaded(bench: Bench, arm: Arm, row: Row, seconds: float) -> Outcome:
    if row.kind == "h2":
        return await h2load.run(_h2_url(arm), seconds, row.connections, row.body)
    return await generator.run(bench.programs.load, arm.port, _load(arm, row, seconds))


def _h2_url(arm: Arm) -> str:
    return f"http://{HOST}:{arm.h2_port}{prefix(OPEN)}/"


def _load(arm: Arm, row: Row, seconds: float, rate: float = 0.0) -> Load:
    """No two slices have a seed in common, so that what is fresh is fresh for good."""
    requests = packed(row.requests(f"{HOST}:{arm.port}"))
    return Load(row.kind, row.connections, requests, seconds, rate, time.time_ns())
