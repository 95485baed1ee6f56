"""The arithmetic of the load benchmark: reading wrk, medians, bounds, the page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.load import report, wrk
from benchmarks.load.accounting import family, usage
from benchmarks.load.bounds import verdicts
from benchmarks.load.results import Results
from benchmarks.load.scenarios import Sample

WRK = """Running 5s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Latency Distribution
     50%    1.20ms
     75%    2.00ms
     90%    3.00ms
     99%   14.50us
  50120 requests in 5.01s, 12.00MB read
{more}Requests/sec:  10012.00
"""


def test_the_report_of_wrk() -> None:
    run = wrk.parse(WRK.format(more=""))
    assert (run.requests, run.seconds, run.failures) == (50120, 5.01, 0)
    assert run.p50 == pytest.approx(0.0012)
    assert run.p99 == pytest.approx(14.5e-6)
    assert run.rate == pytest.approx(50120 / 5.01)


def test_failures_of_both_kinds_are_summed() -> None:
    more = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\n"
    assert wrk.parse(WRK.format(more=more)).failures == 15


def test_what_wrk_could_not_do_is_its_own_words() -> None:
    with pytest.raises(wrk.WrkError, match="unable to connect"):
        wrk.parse("unable to connect to 127.0.0.1:1 Connection refused")


def sampled() -> Results:
    results = Results({"cpu": "some"})
    for cpu in (30e-6, 20e-6, 90e-6):
        results.add("get", "gateway", Sample(cpu, 100.0, 0.001, 0.002))
        results.add("get", "nginx", Sample(cpu / 2, 100.0, 0.001, 0.002))
    results.memory["gateway"] = [17.0]
    results.rollout = (1000, 1)
    return results


def test_bounds_hold_break_or_were_not_measured() -> None:
    found = {one.text: one for one in sampled().verdicts()}
    ratio = found["get: CPU of the gateway ÷ nginx"]
    assert ratio.measured == pytest.approx(2.0)
    assert ratio.holds is False
    assert found["MiB for 10 000 idle connections"].holds is True
    assert found["failed requests during a rolling restart"].holds is False
    assert found["post: CPU of the gateway ÷ nginx"].holds is None
    assert all(one.holds is None for one in verdicts({}, None))


def test_medians_and_spread() -> None:
    results = sampled()
    middle = results.middle("get", "gateway")
    assert middle is not None
    assert middle.cpu == 30e-6
    assert results.spread("get", "gateway") == pytest.approx(70 / 30)
    assert results.middle("get", "caddy") is None


def test_the_page_names_machine_arms_and_bounds(tmp_path: Path) -> None:
    page = report.write(sampled(), tmp_path, "day")
    text = page.read_text()
    assert "cpu some" in text
    assert "| gateway | 30.0 | 233% | 2.00 |" in text
    assert "**broken**" in text
    assert (tmp_path / "day.png").stat().st_size > 0
    assert (tmp_path / "day.json").exists()


def test_a_process_is_accounted_for() -> None:
    mine = usage(os.getpid())
    assert mine.cpu > 0
    assert mine.memory > 2**20
    assert family(os.getpid())[0] == os.getpid()
    assert family(2**22 + 1) == []
