"""The benchmark of the hot path: exact counts, JSON that can be compared with, exit codes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from benchmarks.hot_path import measure, results
from benchmarks.hot_path.__main__ import main
from benchmarks.hot_path.results import Row
from benchmarks.hot_path.scenarios import SCENARIOS
from benchmarks.hot_path.worker import ROOT
from gateway.routing.heads import Heads

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.hot_path.rig import Rig
    from benchmarks.hot_path.scenarios import One

DIFFERING = {"new head", "new path", "new length", "clients", "strange"}
"""Of their requests, one now and then is noted, so that not each goes the same way."""
QUICK = ("--requests", "20", "--repeats", "1")


@pytest.mark.parametrize("name", SCENARIOS)
def test_calls_and_garbage_are_counted_exactly(name: str) -> None:
    calls, garbage = measure.counts(name)
    assert (calls, garbage) == measure.counts(name)
    assert calls > 0
    assert name in DIFFERING or calls == int(calls)  # each request goes the same way


@pytest.mark.parametrize(
    ("name", "most"),
    [("new head", 4), ("new path", 5), ("new length", 4), ("clients", 12), ("strange", 50)],
)
def test_a_head_that_differs_costs_few_calls_more_than_one_that_repeats(
    name: str, most: int
) -> None:
    (repeated, _), (calls, garbage) = measure.counts("get"), measure.counts(name)
    assert calls <= repeated + most
    assert garbage == 0.0


def test_a_strange_head_is_not_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learned in vain costs a fraction of a call beside what the planner does."""
    calls, _ = measure.counts("strange")
    monkeypatch.setattr(Heads, "shaped", lambda *_: None)
    monkeypatch.setattr(Heads, "learn", lambda *_: None)
    assert calls <= measure.counts("strange")[0] + 8


MOST = {
    "get": 7,
    "token": 7,
    "post": 7,
    "lengths": 11,
    "events": 340,
    "download": 76,
    "upload": 47,
    "tunnel": 4,
}
"""Calls of a request."""


@pytest.mark.parametrize("name", MOST)
def test_a_request_calls_no_more_than_it_did(name: str) -> None:
    calls, garbage = measure.counts(name)
    assert calls <= MOST[name]
    assert garbage == 0


def test_a_gateway_that_records_spans_adds_two_calls_to_what_it_does_not_record() -> None:
    plain, unrecorded = measure.counts("get"), measure.counts("unrecorded")
    assert unrecorded == (plain[0] + 2, 0.0)


def test_what_only_the_collector_frees_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    before = measure.counts("get")[1]
    plain = SCENARIOS["get"].begin

    def wasteful(rig: Rig) -> One:
        one = plain(rig)

        def wasting(number: int) -> None:
            one(number)
            circle: list[object] = []
            circle.append(circle)

        return wasting

    monkeypatch.setitem(SCENARIOS, "get", replace(SCENARIOS["get"], begin=wasteful))
    assert measure.counts("get")[1] == pytest.approx(before + 1)


def test_a_request_that_goes_wrong_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(SCENARIOS["get"], answered=(b"other", 1))
    monkeypatch.setitem(SCENARIOS, "get", wrong)
    with pytest.raises(AssertionError, match=r"Not so: b'HTTP/1\.1 200 OK"):
        measure.counts("get")


def test_all_scenarios_are_reported_as_json() -> None:
    ended = CliRunner().invoke(main, [*QUICK, "--json"])
    assert ended.exit_code == 0, ended.output
    rows = results.loaded(ended.stdout)
    assert list(rows) == list(SCENARIOS)
    assert all(row.least > 0 for row in rows.values())
    assert json.loads(ended.stdout)["get"]["minimum"] == rows["get"].least


@pytest.mark.parametrize(
    ("calls", "cpu", "code", "said"),
    [
        (0.9, 1000.0, 1, "GROWN: get: "),
        (1.0, 0.001, 1, "more CPU a request"),
        (1.0, 1000.0, 0, ""),
    ],
)
def test_an_earlier_run_that_was_better_is_exit_code_1(
    tmp_path: Path, calls: float, cpu: float, code: int, said: str
) -> None:
    before = tmp_path / "before.json"
    now = Row(*measure.counts("get"), (measure.cpu("get", 20),))
    earlier = Row(now.calls * calls, now.garbage, (now.least * cpu,))
    before.write_text(results.dumped({"get": earlier}))
    ended = CliRunner().invoke(main, [*QUICK, "--scenario", "get", "--against", str(before)])
    assert ended.exit_code == code, ended.output
    assert said in ended.output


def test_another_checkout_is_measured_in_turn() -> None:
    options = (*QUICK, "--scenario", "tunnel", "--beside", str(ROOT), "--within", "100000")
    ended = CliRunner().invoke(main, options)
    assert ended.exit_code == 0, ended.output
    assert "this ÷ other" in ended.stdout
    assert re.search(r"tunnel +(\d+\.00) ÷ \1 ", ended.stdout)


def test_growth_is_within_a_percentage() -> None:
    before = {"get": Row(100.0, 0.0, (1.0,)), "post": Row(10.0, 1.0, (2.0,))}
    rows = {"get": Row(103.0, 0.1, (1.0,)), "post": Row(10.0, 1.0, (2.2,))}
    factors = {"get": 1.0, "post": 1.1}
    assert list(results.growth(rows, before, factors, 3)) == [
        "get: 0.10 objects of garbage a request, 0.00 before",
        "post: 10.0 % more CPU a request",
    ]
    assert len(list(results.growth(rows, before, factors, 2.9))) == 3
    assert results.ratios(rows["post"], before["post"]) == [pytest.approx(1.1)]
