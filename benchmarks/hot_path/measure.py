"""Measuring one scenario in this process: its Python calls, its garbage and its CPU."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.hot_path.rig import opened, run
from benchmarks.hot_path.scenarios import GET, HELLO, SCENARIOS, TOKEN

if TYPE_CHECKING:
    from benchmarks.hot_path.rig import Rig
    from benchmarks.hot_path.scenarios import One, Scenario

COUNTED = 100
"""Requests whose calls are counted, and then their garbage."""
SEEN = 10
"""Requests before those: what the gateway remembers of a head, it remembers then."""
WARM_UP = 100
"""Requests before the first that is measured, at most."""


def counts(name: str) -> tuple[float, float]:
    """Python functions that one request calls, the benchmark's own left out, and objects that it
    leaves to the garbage collector. Both are exact, the same in every run."""

    async def work() -> tuple[float, float]:
        scenario, rig, one = await _begun(name)
        for each in range(-SEEN, 0):
            one(each)
        found = _calls(rig, one) / COUNTED, _garbage(rig, one) / COUNTED
        _check(scenario, rig, one)
        return found

    return run(work)


def _calls(rig: Rig, one: One) -> int:
    own = str(Path(__file__).parent)
    counted = 0

    def profile(frame: Any, event: str, _: object) -> None:
        nonlocal counted
        if event == "call" and not frame.f_code.co_filename.startswith(own):
            counted += 1

    rig.rest()
    gc.disable()  # its callbacks, and what it finalises, are not the request's
    sys.setprofile(profile)
    for number in range(COUNTED):
        one(number)
    sys.setprofile(None)
    gc.enable()
    return counted


def _garbage(rig: Rig, one: One) -> int:
    rig.rest()
    gc.disable()
    for number in range(COUNTED, 2 * COUNTED):
        one(number)
    found = gc.collect()
    gc.enable()
    return found


def cpu(name: str, requests: int) -> float:
    """Microseconds of CPU that a request takes, on average over a batch of `requests` times the
    scenario's share."""

    async def work() -> float:
        scenario, rig, one = await _begun(name)
        number = max(1, int(requests * scenario.share))
        numbers = range(number)
        for each in range(-min(number, WARM_UP), 0):
            one(each)
        rig.rest()
        start = time.process_time()
        for each in numbers:
            one(each)
        spent = time.process_time() - start
        _check(scenario, rig, one)
        return spent / number * 1e6

    return run(work)


async def _begun(name: str) -> tuple[Scenario, Rig, One]:
    scenario = SCENARIOS[name]
    first = GET[:-2] + b"Authorization: Bearer " + TOKEN + b"\r\n\r\n"
    rig = await opened(scenario.spec, first, HELLO, scenario.ratio)
    one = scenario.begin(rig)
    _check(scenario, rig, one)
    return scenario, rig, one


def _check(scenario: Scenario, rig: Rig, one: One) -> None:
    """One request must do what the scenario says."""
    rig.rest()
    rig.pod.transport.taken()
    rig.client.transport.taken()
    one(-1)
    asked, answered = rig.pod.transport.taken(), rig.client.transport.taken()
    for data, (pattern, count) in ((asked, scenario.asked), (answered, scenario.answered)):
        if data.count(pattern) != count:
            raise AssertionError(f"{scenario.summary} Not so: {data[:500]!r}")
