from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scaler.cluster.catalog import Cataloguer
from scaler.control.actuator import Outcome, Result
from scaler.control.standing import Standing
from scaler.decision import Action, Decision
from scaler.report.reporter import EVENT_PERIOD, HOLD_PERIOD, NO_DATA_GRACE, Reporter
from scaler.report.stats import Stats
from shared.runtime.clock import ManualClock
from tests.scaler.objects import service

if TYPE_CHECKING:
    from scaler.cluster.catalog import Target

HOLD = Decision(service="a", policy="hpa", current=2, replicas=2, valid=True)
GROW = replace(HOLD, replicas=4, action=Action.UP, reasons=("Burst",), utilisation_pct=170)
NO_DATA = replace(HOLD, valid=False, error="no samples")


class Events:
    """Keeps what would be written as Events."""

    def __init__(self) -> None:
        self.emitted: list[tuple[str, str, str]] = []

    def emit(
        self,
        regarding: Any,
        reason: str,
        note: str,
        *,
        type: str = "",  # noqa: A002
        action: str = "",
    ) -> None:
        self.emitted.append((regarding["kind"], type, reason))


class Stage:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.events = Events()
        self.stats = Stats()
        own = {"kind": "Lease", "metadata": {"name": "scaler"}}
        self.reporter = Reporter(self.stats, self.events, own, self.clock)
        self.target: Target = Cataloguer().catalog(service("a", 2)).targets["a"]


@pytest.fixture
def stage(caplog: pytest.LogCaptureFixture) -> Stage:
    caplog.set_level(logging.INFO)
    return Stage()


def decided(stage: Stage, decision: Decision) -> None:
    stage.reporter.decided(stage.target, decision, Standing.ACTIVE)


async def test_a_hold_is_logged_once_a_minute_a_new_change_always(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        decided(stage, HOLD)
    assert len(caplog.records) == 1
    await stage.clock.advance(HOLD_PERIOD)
    decided(stage, HOLD)
    assert len(caplog.records) == 2
    decided(stage, GROW)
    decided(stage, replace(GROW, replicas=5))
    decided(stage, GROW)
    assert len(caplog.records) == 5
    record = caplog.records[-1]
    assert record.getMessage().startswith("a: scale up 2 → 4: CPU 170% of its base")
    assert record.fields["reasons"] == "Burst"  # type: ignore[attr-defined]


async def test_a_change_that_is_not_carried_out_is_logged_once_a_minute(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3 * int(HOLD_PERIOD)):
        stage.reporter.decided(stage.target, GROW, Standing.DRY_RUN)
        await stage.clock.advance(1.0)
    assert len(caplog.records) == 4, "when it is new, and three times in three minutes"
    assert caplog.records[0].getMessage().endswith("(dry run)")


def test_decisions_are_counted_by_action_and_reason(stage: Stage) -> None:
    for decision in (HOLD, GROW, GROW, NO_DATA):
        decided(stage, decision)
    assert stage.stats.decisions == {
        ("None", "None"): 1, ("ScaleUp", "Burst"): 2, ("Invalid", "None"): 1,
    }  # fmt: skip


def test_the_status_shows_the_last_decision_and_the_cluster(stage: Stage) -> None:
    decided(stage, GROW)
    status = stage.stats.services["a"]
    assert (status.current, status.ready, status.decision) == (2, 2, GROW)
    assert status.written is None
    stage.reporter.written(stage.target, GROW, Outcome(Result.WRITTEN))
    assert status.written == stage.clock.now()


def test_sizes_written_are_counted_by_their_direction(stage: Stage) -> None:
    shrink = replace(HOLD, replicas=1, action=Action.DOWN)
    for decision in (
        *(GROW, GROW, shrink),
        replace(shrink, replicas=0, reasons=("Sleep",)),
        replace(GROW, current=0, reasons=("Wake",)),
    ):
        stage.reporter.written(stage.target, decision, Outcome(Result.WRITTEN))
    stage.reporter.written(stage.target, GROW, Outcome(Result.CONFLICT))
    assert stage.stats.services["a"].rescales == {"up": 2, "down": 1, "sleep": 1, "wake": 1}


async def test_pods_cost_as_long_as_they_are_there(stage: Stage) -> None:
    decided(stage, HOLD)
    status = stage.stats.services["a"]
    await stage.clock.advance(10.0)
    assert status.pod_s(stage.clock.now()) == 20.0, "two pods"
    one_ends = service("a", 3)
    for (_, name), pod in one_ends.pods.items():
        if name.endswith("0"):
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    stage.target = Cataloguer().catalog(one_ends).targets["a"]
    await stage.clock.advance(10.0)
    decided(stage, HOLD)
    await stage.clock.advance(10.0)
    assert status.pod_s(stage.clock.now()) == 60.0
    assert status.pod_s(0.0) == 40.0, "the clock was set back"


def test_a_roll_out_is_seen_by_the_revision_of_the_deployment(stage: Stage) -> None:
    decided(stage, HOLD)
    assert stage.stats.services["a"].revision == 0
    annotations = stage.target.deployment["metadata"].setdefault("annotations", {})
    annotations["deployment.kubernetes.io/revision"] = "7"
    decided(stage, HOLD)
    assert stage.stats.services["a"].revision == 7


async def test_a_lack_of_data_that_lasts_is_a_warning_and_an_event_once_in_five_minutes(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    decided(stage, NO_DATA)
    decided(stage, HOLD)
    await stage.clock.advance(NO_DATA_GRACE)
    decided(stage, NO_DATA)
    assert not stage.events.emitted, "that new pods have no samples is no news"
    assert {record.levelname for record in caplog.records} == {"INFO"}
    for _ in range(3):
        await stage.clock.advance(NO_DATA_GRACE)
        decided(stage, NO_DATA)
    assert caplog.records[-1].levelname == "WARNING"
    await stage.clock.advance(EVENT_PERIOD)
    decided(stage, NO_DATA)
    assert stage.events.emitted == [("Deployment", "Warning", "FailedGetPodMetrics")] * 2


async def test_standing_aside_is_told_when_it_begins(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        stage.reporter.left_alone(stage.target, Standing.RIVAL, "a-hpa scales it")
        await stage.clock.advance(EVENT_PERIOD)
    assert [record.getMessage() for record in caplog.records] == ["a: a-hpa scales it"]
    assert [reason for _, _, reason in stage.events.emitted] == ["RivalAutoscaler"]
    assert stage.stats.services["a"].note == "a-hpa scales it"
    decided(stage, HOLD)
    stage.reporter.left_alone(stage.target, Standing.RIVAL, "b-hpa scales it")
    assert len(stage.events.emitted) == 2
    assert stage.stats.services["a"].decision is None, "it does not hold any more"


def test_a_decision_holds_while_its_write_is_waited_for(stage: Stage) -> None:
    decided(stage, GROW)
    stage.reporter.left_alone(stage.target, Standing.WAITING, "waiting")
    assert stage.stats.services["a"].decision is GROW


@pytest.mark.parametrize(
    ("result", "reasons"),
    [
        (Result.WRITTEN, ["SuccessfulRescale"]),
        (Result.FAILED, ["FailedRescale"]),
        (Result.THROTTLED, ["FailedRescale"]),
        (Result.CONFLICT, []),
        (Result.GONE, []),
        (Result.NOT_LEADING, []),
    ],
)
def test_how_a_write_ended_is_counted_and_told(
    stage: Stage, result: Result, reasons: list[str]
) -> None:
    stage.reporter.written(stage.target, GROW, Outcome(result, "why"))
    assert stage.stats.writes == {result: 1}
    assert [reason for _, _, reason in stage.events.emitted] == reasons


def test_a_wrong_configuration_is_metric_log_and_event(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.reporter.configuration(("period: 3 is wrong", "policy: so is this"), 4)
    assert stage.stats.config_generation == 4
    assert not stage.stats.config_valid
    assert "period: 3 is wrong; policy: so is this" in caplog.text
    assert stage.events.emitted == [("Lease", "Warning", "InvalidConfiguration")]
    stage.reporter.configuration((), 5)
    assert stage.stats.config_valid


def test_what_is_gone_is_forgotten(stage: Stage) -> None:
    stage.reporter.broken("b", "not YAML")
    stage.reporter.problems(stage.target, ["wrong"])
    decided(stage, HOLD)
    stage.reporter.retain({"b"})
    assert set(stage.stats.services) == {"b"}
    stage.reporter.problems(stage.target, ["wrong"])
    assert len(stage.events.emitted) == 2, "a service of the same name is another service"


def test_long_ticks_are_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.reporter.ticked(0.2, 1.0)
    assert not caplog.records
    stage.reporter.ticked(1.5, 1.0)
    assert (stage.stats.ticks, stage.stats.overruns) == (2, 1)
    assert "raise periods" in caplog.text
