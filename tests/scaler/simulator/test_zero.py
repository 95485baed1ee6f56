"""What scale to zero saves and costs, on loads whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from scaler.commands.simulate import simulate as command
from scaler.simulator import zero_report
from scaler.simulator.arms import ARMS
from scaler.simulator.idle import IDLE
from scaler.simulator.scenario import Run, World
from scaler.simulator.simulate import Trace, simulate
from scaler.simulator.zero import KEDA, KPA, Rest, rested, resting

START_S = 10
WORLD = World(
    schedule_s=0.0, start_s=(START_S, START_S), holds_s=300.0, request_work_m=100.0, imbalance=0.0
)
OURS = "responsive-gateway"


def jobs(*seconds: int, length: int = 2000, every: int = 20) -> Run:
    """Jobs of twenty seconds, at these seconds, of three requests a second."""
    counts = [0] * length
    for at in seconds:
        counts[at : at + every] = [3] * every
    load = tuple(count * WORLD.request_work_m / WORLD.limit_m for count in counts)
    return Run("jobs", 1, WORLD, load, arrivals=tuple(counts))


def of(run: Run, rest: Rest, arm: str = OURS) -> Trace:
    return simulate(run, resting(ARMS[arm], "it", rest))


def test_it_sleeps_between_two_jobs_and_each_is_served_after_one_start() -> None:
    run = jobs(600, 1400)
    trace = of(run, Rest(120.0))
    found = rested(trace, run.arrivals, 300.0)
    assert found.wakes == 2
    assert found.unserved == 0.0
    assert START_S <= found.worst_s <= START_S + 2
    assert found.held == pytest.approx(3 * (START_S + 1) * 2, abs=6)
    assert found.mean_s == pytest.approx((START_S + 2) / 2, abs=1.0)
    assert trace.spec[125] == 0, "nobody has asked for two minutes"
    assert trace.spec[600 + START_S + 60] > 0
    assert trace.spec[600 + 20 + START_S + 130] == 0


def test_it_stays_awake_as_long_as_requests_come_closer_than_its_rest() -> None:
    run = jobs(50, 150, 250, 350, 450, length=550)
    assert 0 not in of(run, Rest(120.0)).spec


def test_it_does_not_sleep_while_a_request_is_at_work() -> None:
    """One request that lives for five minutes, and nothing new."""
    load = tuple(0.125 if 10 <= second < 310 else 0.0 for second in range(900))
    arrivals = tuple(int(second == 10) for second in range(900))
    run = Run("long", 1, WORLD, load, arrivals=arrivals, lives=True)
    trace = of(run, Rest(60.0))
    assert 0 not in trace.spec[:360]
    assert trace.spec[380] == 0


def test_it_wakes_to_as_many_as_it_is_told() -> None:
    assert of(jobs(600), Rest(120.0, wake_to=3)).spec[602] == 3
    assert of(jobs(600), Rest(120.0, wake_to=99)).spec[602] == WORLD.maximum


def test_rivals_differ_in_when_they_rest() -> None:
    run = jobs(5, length=1000)
    end = 25
    for arm, rest in (("kpa", KPA), ("keda-http", KEDA)):
        spec = of(run, rest, arm).spec
        first = spec.index(0)
        assert rest.after_s - 2 <= first - end <= rest.after_s + 5, arm


def test_a_request_that_nobody_serves_in_time_is_lost_and_told() -> None:
    slow = replace(jobs(600, length=2000), world=replace(WORLD, start_s=(900.0, 900.0)))
    trace = of(slow, Rest(120.0))
    found = rested(trace, slow.arrivals, 300.0)
    assert found.unserved > 0
    assert found.worst_s <= 300
    assert 0 not in trace.spec[602:1500], "it goes on starting though nobody waits any more"


def test_the_operator_reads_what_it_saves_and_costs() -> None:
    arms = zero_report.arms([60.0, 600.0, 60.0])
    found = zero_report.measured([jobs(600, 1400)], arms)
    one, other = zero_report.sentences(found, [60.0, 600.0, 60.0], {"jobs": 0.5})
    assert one.startswith("jobs: zero_after 1 m would save ")
    assert "wait for a pod" in one
    assert zero_report.saved(found, "jobs", "1 m") > zero_report.saved(found, "jobs", "10 m") > 0
    table = zero_report.table(found, {"jobs": 0.5})
    assert [row[1] for row in table[1:]] == [arm.name for arm in arms]
    assert other.startswith("jobs: zero_after 10 m")


@pytest.mark.parametrize("name", IDLE)
def test_idle_loads_have_stretches_in_which_nobody_asks(name: str) -> None:
    load = IDLE[name].build(1).load
    assert 0.3 < load.count(0.0) / len(load) < 0.99


def test_the_command_prints_the_table_and_the_words() -> None:
    done = CliRunner().invoke(command, ["--shape", "cron", "--zero-after", "10m", "--seeds", "1"])
    assert done.exit_code == 0, done.output
    assert "| cron | 10 m |" in done.output
    assert "cron: zero_after 10 m would save" in done.output


def test_the_command_names_what_is_no_duration() -> None:
    done = CliRunner().invoke(command, ["--shape", "cron", "--zero-after", "1m,soon"])
    assert done.exit_code == 2
    assert "'soon' is not a duration" in done.output


def test_a_job_that_needs_several_pods_gets_them_while_it_waits() -> None:
    """Half a minute of work for five pods, at whose beginning one is there: it is at its limit as
    long as there is work, and shows all the same what a request costs."""
    counts = [0] * 3000
    for at in (100, 1000, 1900, 2800):
        counts[at : at + 30] = [48] * 30
    load = tuple(count * WORLD.request_work_m / WORLD.limit_m for count in counts)
    trace = of(Run("jobs", 1, WORLD, load, arrivals=tuple(counts)), Rest(120.0))
    assert max(trace.spec[100:110]) < 5, "the first time nothing is known"
    assert max(trace.spec[1900 : 1900 + START_S]) >= 5, "before a pod is ready"
