"""The order of probes, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.embedded.node.probe import ProbeError
from shared.embedded.node.prober import Prober, Reports
from shared.runtime.clock import ManualClock, settle


class Subject:
    """A container whose probes answer as `healthy` says; what is reported is written down."""

    def __init__(self, **probes: Any) -> None:
        self.clock = ManualClock(0.0)
        self.healthy = dict.fromkeys(probes, True)
        self.said: list[tuple[float, str]] = []
        spec = {name: {"exec": {"command": [name]}, **probe} for name, probe in probes.items()}
        reports = Reports(
            lambda: self.say("started"),
            lambda ready: self.say(f"ready {ready}"),
            lambda name: self.say(f"dead {name}"),
            lambda name, _: self.say(f"failed {name}"),
        )
        self.prober = Prober(spec, self.attempt, reports, self.clock)
        self.task = asyncio.create_task(self.prober.run())

    def say(self, text: str) -> None:
        self.said.append((round(self.clock.monotonic(), 1), text))

    async def attempt(self, probe: Any) -> None:
        if not self.healthy[probe["exec"]["command"][0]]:
            raise ProbeError("sick")

    def news(self) -> list[tuple[float, str]]:
        said, self.said = self.said, []
        return said

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_without_probes_it_is_started_and_ready_at_once() -> None:
    subject = Subject()
    await settle()
    assert subject.news() == [(0, "started"), (0, "ready True")]
    await subject.end()


async def test_readiness_is_found_soon_and_lost_by_threshold() -> None:
    subject = Subject(readinessProbe={"periodSeconds": 10})
    subject.healthy["readinessProbe"] = False
    await settle()
    await subject.clock.advance(3)
    subject.healthy["readinessProbe"] = True
    await subject.clock.advance(1)
    started, (moment, text) = subject.news()
    assert [started, text] == [(0, "started"), "ready True"]
    assert 3 < moment <= 4, "not only at the end of the period"
    subject.healthy["readinessProbe"] = False
    await subject.clock.advance(40)
    failures = [text for _, text in subject.news()]
    assert failures[:4] == ["failed Readiness"] * 3 + ["ready False"]
    await subject.end()


async def test_nothing_else_is_probed_before_startup_has_passed() -> None:
    subject = Subject(startupProbe={"periodSeconds": 10}, livenessProbe={"failureThreshold": 1})
    subject.healthy.update(startupProbe=False, livenessProbe=False)
    await settle()
    await subject.clock.advance(15)
    assert [text for _, text in subject.news()] == ["failed Startup"]
    subject.healthy["startupProbe"] = True
    await subject.clock.advance(15)
    texts = [text for _, text in subject.news()]
    assert texts[:2] == ["started", "ready True"]
    assert "dead liveness" in texts
    await subject.end()


async def test_a_start_that_never_comes_is_the_end() -> None:
    subject = Subject(startupProbe={"periodSeconds": 1, "failureThreshold": 3})
    subject.healthy["startupProbe"] = False
    await settle()
    await subject.clock.advance(5)
    assert subject.news()[-1][1] == "dead startup"
    assert subject.task.done()


async def test_attempts_count_once_a_period() -> None:
    subject = Subject(startupProbe={"periodSeconds": 10, "failureThreshold": 3})
    subject.healthy["startupProbe"] = False
    await settle()
    await subject.clock.advance(100)
    failures = [(moment, text) for moment, text in subject.news() if "failed" in text]
    assert failures == [(10, "failed Startup"), (20, "failed Startup"), (30, "failed Startup")]


async def test_the_initial_delay_is_kept() -> None:
    subject = Subject(livenessProbe={"initialDelaySeconds": 30, "failureThreshold": 1})
    subject.healthy["livenessProbe"] = False
    await settle()
    subject.news()
    await subject.clock.advance(29)
    assert subject.news() == []
    await subject.clock.advance(1)
    assert subject.news() == [(30, "failed Liveness"), (30, "dead liveness")]


async def test_a_pod_that_ends_is_not_killed_by_its_liveness_probe() -> None:
    subject = Subject(livenessProbe={"failureThreshold": 1, "initialDelaySeconds": 1})
    await settle()
    subject.healthy["livenessProbe"] = False
    subject.prober.alive = False
    await subject.clock.advance(2)
    assert "dead liveness" not in [text for _, text in subject.news()]
    await subject.end()
