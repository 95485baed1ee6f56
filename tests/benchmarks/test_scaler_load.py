"""The arithmetic of the benchmark of policies on real processes; it starts no process."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
import yaml

from benchmarks.scaler_load import report
from benchmarks.scaler_load.lives import Lives, Size
from benchmarks.scaler_load.measure import Run
from benchmarks.scaler_load.offer import Offered, Outcome, offer
from benchmarks.scaler_load.schedule import LOADS, STAIRS, Level, arrivals, begins, scaled, steps
from benchmarks.scaler_load.scores import Score, bounds, score
from benchmarks.scaler_load.stack import Settings, definition
from shared.service import fdl


@pytest.mark.parametrize("levels", LOADS.values(), ids=list(LOADS))
def test_loads_are_alike_in_number_and_length(levels: tuple[Level, ...]) -> None:
    assert sum(one.seconds for one in levels) == 600
    assert len(arrivals(levels, Random(1))) == 24_600


def test_arrivals_are_as_many_as_each_level_says_and_repeat_by_seed() -> None:
    instants = arrivals(STAIRS, Random(1))
    assert instants == sorted(instants)
    assert instants == arrivals(STAIRS, Random(1)) != arrivals(STAIRS, Random(2))
    assert sum(100 <= one < 200 for one in instants) == 6000
    assert instants[-1] < 600
    # at random, not evenly: the spread of a Poisson process over seconds is the root of its mean
    counts = [sum(s <= one < s + 1 for one in instants) for s in range(100, 200)]
    spread = (sum((one - 60) ** 2 for one in counts) / len(counts)) ** 0.5
    assert 6 < spread < 10


def test_steps_up_and_down_and_a_shorter_load() -> None:
    assert steps(STAIRS, up=True) == [100, 200, 400]
    assert steps(STAIRS, up=False) == [260, 460]
    short = scaled(STAIRS, 60, 2)
    assert begins(short) == [0, 10, 20, 26, 40, 46]
    assert short[2] == Level(180, 6)


def grown() -> Lives:
    """One pod; two from 12 s on, ready at 20 s; one again at 50 s, and gone at 55 s."""
    lives = Lives()
    lives.see(0, 1, {"a": True})
    lives.see(12, 2, {"a": True, "b": False})
    lives.see(20, 2, {"a": True, "b": True})
    lives.see(30, 2, {"a": True, "b": True})
    lives.see(50, 1, {"a": True, "b": False})
    lives.see(55, 1, {"a": True})
    return lives


def test_pod_seconds_are_those_of_lives() -> None:
    lives = grown()
    assert lives.pod_seconds(0, 60) == 60 + 43
    assert lives.pod_seconds(10, 20) == 10 + 8
    assert lives.pods["b"].ready == 20
    assert lives.at(15) == Size(12, 2, 2, 1)
    assert lives.at(35) == lives.at(20)


def test_changes_reactions_and_reversals() -> None:
    lives = grown()
    assert lives.changes() == [(12, 1), (50, -1)]
    assert lives.first_change(10, up=True) == 2
    assert lives.first_change(20, up=True) is None
    assert lives.first_change(40, up=False) == 10
    assert lives.reversals(0, 60) == 1
    assert lives.reversals(0, 49) == 0


def test_what_the_scaler_repeats_is_kept_once() -> None:
    lives = Lives()
    for now, text in enumerate(("a", "a", "b", "a")):
        lives.hear(now, text)
    assert [(one.time, one.text) for one in lives.said] == [(0, "a"), (2, "b"), (3, "a")]


def ran(policy: str, slow: int, failed: int = 0) -> Run:
    """100 requests in a minute."""
    times = [0.6 if number < slow else 0.02 for number in range(100)]
    outcomes = [
        Outcome(number * 0.6, seconds, "503" if number >= 100 - failed else "")
        for number, seconds in enumerate(times)
    ]
    levels = (Level(1, 10), Level(2, 30), Level(1, 20))
    return Run(policy, levels, 60, Offered(outcomes, late=[0.001]), grown(), 0.5)


def test_the_figures_of_a_run() -> None:
    one = score(ran("hpa", 20, failed=3))
    assert (one.requests, one.failed, one.slow) == (100, 3, 23)
    assert one.slow_pct == 23
    assert (one.p50, one.p99) == (0.02, 0.6)
    assert one.pod_seconds == 103
    assert (one.reaction, one.shrinking, one.reversals) == (2, 10, 1)
    assert one.errors == (("503", 3),)


@pytest.mark.parametrize(
    ("ours", "broken"),
    [
        (ran("responsive", 5), []),
        (ran("responsive", 6), ["slow"]),
        (ran("responsive", 1, failed=1), ["failed"]),
    ],
)
def test_each_promise_that_is_broken_is_named(ours: Run, broken: list[str]) -> None:
    found = bounds([score(ours)], [score(ran("hpa", 20))])
    assert [one.text.split()[0] for one in found if not one.holds] == broken


def test_pods_that_cost_more_never_go_or_a_load_that_left_late_break_a_promise() -> None:
    good = score(ran("hpa", 0))
    worse = Score(100, 0, 0, 0, 0, 104, 1, None, 0, 1, 0.1, ())
    found = list(bounds([worse], [good]))
    assert [one.holds for one in found] == [True, True, False, False, False]
    assert found[2].measured == "104 of 103, 1.010 x"


def test_the_page_shows_what_happened_when() -> None:
    run = ran("responsive", 20)
    text = report.page("A title", "a machine", {"responsive": [score(run)]}, [], [run])
    assert "| responsive | 100 | 0 | 20.00 | 20 | 600 | 103 | 2 | 10 | 1 |" in text
    (row,) = (line for line in text.splitlines() if line.startswith("      20 "))
    assert row.split() == ["20", "2", "##", "2", "2", "0", "0", "0.02"]


async def test_an_open_loop_does_not_wait_for_answers() -> None:
    all_here = asyncio.Barrier(3)

    async def send() -> str:
        await all_here.wait()
        return ""

    offered = Offered()
    await offer([0, 0.001, 0.002], send, offered)
    assert (len(offered.outcomes), offered.held, len(offered.late)) == (3, 0, 3)
    assert max(one.seconds for one in offered.outcomes) >= 0.002


async def test_a_load_that_had_to_wait_says_so_and_counts_from_the_instant() -> None:
    async def send() -> str:
        await asyncio.sleep(0.01)
        return "503"

    offered = Offered()
    await offer([0, 0], send, offered, most=1)
    assert (offered.held, len(offered.late)) == (1, 1)
    assert [one.error for one in offered.outcomes] == ["503", "503"]
    assert offered.outcomes[1].seconds >= 0.019


@pytest.mark.parametrize("policy", ["hpa", "responsive"])
def test_the_service_is_one_that_the_services_api_takes(policy: str) -> None:
    text = definition(Settings(policy, concurrency=2, start=1.5))
    (parsed,) = fdl.parse_document(text, lambda name: "")
    assert parsed.warnings == ()
    assert (parsed.service.name, parsed.service.cpu) == (policy, "0.2")
    assert parsed.service.environment.variables["START"] == "1.5"
    assert "exec python3" in parsed.service.script
    scaling = yaml.safe_load(text)["functions"]["oscar"][0]["local"]["expose"].get("scaling")
    assert scaling == ({"policy": "hpa"} if policy == "hpa" else None)
