"""The arithmetic of the load benchmark, its page, and a run that is as short as can be."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from benchmarks.load import arms, h2load, machine, plot, report
from benchmarks.load.__main__ import main
from benchmarks.load.bounds import HOLD_TO, Verdict
from benchmarks.load.generator import LoadError
from benchmarks.load.latency import Latency
from benchmarks.load.measure import Sample
from benchmarks.load.ratios import Spread, by_round, spread
from benchmarks.load.results import Results
from benchmarks.load.rows import NAMED, ROWS
from benchmarks.load.run import Plan, order

H2LOAD = """
finished in 1.00s, 52.00 req/s, 4.50KB/s
requests: 60 total, 60 started, 55 done, 55 succeeded, 5 failed, 0 errored, 0 timeout
status codes: 52 2xx, 0 3xx, 3 4xx, 0 5xx
"""


def sampled() -> Results:
    """The gateway at twice nginx's cost in every round, whatever the round was like."""
    results = Results({"cpu": "some"})
    for number, cost in enumerate((30e-6, 20e-6, 90e-6)):
        results.add("get", "gateway", Sample(number, cost, 100.0, 0.9, 0.2, 0.1))
        results.add("get", "nginx", Sample(number, cost / 2, 200.0, 0.8, 0.2, 0.1))
    results.add("get", "envoy", Sample(0, 60e-6, 50.0, 1.0, 0.1, 0.1, failures=4))
    results.latencies = [Latency("gateway", 0.3, 1000.0, {"p50": 0.001, "p999": 0.02})]
    results.keep_idle("gateway", 17.0)
    results.keep_rollout(1000, 1)
    results.left_out["h2-get gateway"] = "it does\nnot"
    return results


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([], None),
        ([2.0], Spread(2, 2, 2, 1)),
        ([4.0, 1.0], Spread(1.75, 2.5, 3.25, 2)),
        ([1.0, 9.0, 2.0, 3.0, 4.0], Spread(2, 3, 4, 5)),
    ],
)
def test_medians_and_quartiles(numbers: list[float], found: Spread | None) -> None:
    assert spread(numbers) == found


def test_arms_are_compared_within_a_round() -> None:
    """A round in which the machine was slow tells as much as one in which it was not."""
    assert by_round({0: 2.0, 1: 40.0, 2: 3.0}, {0: 1.0, 1: 20.0}) == Spread(2, 2, 2, 2)
    assert by_round({0: 2.0}, {1: 1.0}) is None
    assert by_round({0: 2.0}, {0: 0.0}) is None


def test_an_arm_that_does_nothing_has_no_ratio() -> None:
    results = sampled()
    results.add("post", "gateway", Sample(0, 1.0, 0.0, 0.0, 0.0, 0.0))
    results.add("post", "nginx", Sample(0, 1.0, 10.0, 0.0, 0.0, 0.0))
    assert results.ratio("post", "gateway") is None


def test_bounds_hold_are_missed_or_were_not_measured() -> None:
    found = {one.text: one for one in sampled().verdicts()}
    ratio = found["get: CPU of the gateway ÷ nginx"]
    assert ratio.measured == pytest.approx(2.0)
    assert ratio.holds is False
    assert ratio.word == "MISSED by 0.95 (90%)"
    assert found["MiB for 10 000 idle connections"].word == "ok"
    assert found["failed requests while pods are replaced"].word == "MISSED by 1.00"
    assert found["post: CPU of the gateway ÷ nginx"].holds is None
    assert Verdict("", 1.0, 1.0).holds is True


def test_it_is_good_when_every_bound_holds_and_the_gateway_did_all_that_was_asked() -> None:
    results = Results({})
    results.add("get", "gateway", Sample(0, 1e-6, 100.0, 0.9, 0.2, 0.1))
    results.add("get", "nginx", Sample(0, 1e-6, 100.0, 0.9, 0.2, 0.1))
    assert results.good()
    results.left_out["get envoy"] = "it has gone"
    assert results.good()
    results.left_out["h2-get gateway"] = "it has gone"
    assert not results.good()
    assert not sampled().good()
    results.left_out.clear()
    results.add("get", "gateway", Sample(1, 1e-6, 100.0, 0.9, 0.2, 0.1, failures=1))
    assert not results.good()


def test_every_bound_is_that_of_a_row() -> None:
    assert set(HOLD_TO) <= set(NAMED)
    assert len(NAMED) == len(ROWS)


def test_the_order_of_arms_is_drawn_and_those_that_are_rare_come_every_other_time() -> None:
    plan = Plan(arms.ALL, ROWS, chance=random.Random(1))
    rounds = [order(plan, number, arms.ALL) for number in range(20)]
    assert {len(one) for one in rounds} == {len(arms.ALL), len(arms.ALL) - len(arms.RARE)}
    assert all(len(set(one)) == len(one) for one in rounds)
    assert len({one[0] for one in rounds}) > 3


def test_the_page_names_machine_arms_and_bounds() -> None:
    text = report.markdown(sampled(), "a.png")
    assert "cpu some" in text
    assert "| GET, heads repeated | 2.00 | 1 | 4.00 | ≤ 1.05 |" in text
    assert "| GET, heads repeated, a request | 30.0 | 15.0 | 60.0 |" in text
    assert "| GET, heads repeated | 100.0 (90%) | 200.0 (80%) | 50.0 (100%) | 30% | 4 |" in text
    assert "| gateway | 30% of 1000/s | 1.00 | 0.00 | 0.00 | 20.00 | 0 |" in text
    assert "MISSED by 0.95 (90%)" in text
    assert "- h2-get gateway: it does not" in text


def test_another_checkout_is_compared_with(tmp_path: Path) -> None:
    results = sampled()
    for number in range(3):
        results.add("get", arms.BESIDE, Sample(number, 20e-6, 100.0, 0.9, 0.2, 0.1))
    text = report.markdown(results)
    assert "× the other checkout's" in text
    assert "| GET, heads repeated | 1.50 (1.25–3.00) |" in text
    done = CliRunner().invoke(main, ["--beside", str(tmp_path / "nowhere")])
    assert "does not exist" in done.output


def test_the_picture(tmp_path: Path) -> None:
    plot.plot(sampled(), tmp_path / "a.png")
    plot.plot(Results({}), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "b.png").stat().st_size > 0


def test_everything_is_in_the_json() -> None:
    plain = orjson.loads(orjson.dumps(sampled().plain()))
    assert plain["samples"][0]["samples"][0]["cpu"] == 30e-6
    assert plain["bounds"][0]["holds"] is False


def test_the_report_of_h2load() -> None:
    done = h2load.parse(H2LOAD, 1.0, 0.2)
    assert (done.units, done.failures) == (52, 5)
    with pytest.raises(LoadError, match="no such host"):
        h2load.parse("no such host", 1.0, 0.0)


def test_the_interpreter_is_named_with_how_it_was_built() -> None:
    found = machine.describe(sys.executable)
    assert "built with" in found["interpreter"]
    assert machine.describe("no-such-python")["interpreter"] == "not installed"


@pytest.mark.parametrize("option", ["--arms", "--rows"])
def test_a_name_that_is_not_known_is_refused_with_those_that_are(option: str) -> None:
    done = CliRunner().invoke(main, [option, "gateway,none"])
    assert done.exit_code == 2
    assert "there is no" in done.output
    assert "choose among" in done.output


def test_a_run_of_the_gateway_alone(tmp_path: Path) -> None:
    """Through real sockets, from the programs that are built for it to the page."""
    page, data = tmp_path / "r.md", tmp_path / "r.json"
    options = ["--arms", "gateway,forwarder", "--rows", "get,sse,websocket,token", "--quick"]
    done = CliRunner().invoke(main, [*options, "--output", str(page), "--json", str(data)])
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert "## Not measured" not in text, text
    plain = orjson.loads(data.read_bytes())
    taken = {(one["row"], one["arm"]): one["samples"] for one in plain["samples"]}
    assert set(taken) == {
        *((row, "gateway") for row in ("get", "sse", "websocket", "token")),
        *((row, "forwarder") for row in ("get", "sse", "websocket")),
    }
    for samples in taken.values():
        assert all(one["cpu"] > 0 and one["rate"] > 0 and not one["failures"] for one in samples)
