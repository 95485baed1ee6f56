"""What gateways are told of sizes, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.cluster.catalog import Cataloguer
from scaler.control.standing import Standing
from scaler.decision import Decision
from scaler.decision.types import Action, PodClass, PodView
from scaler.report.audience import PERIOD, REFRESH, Audience
from scaler.report.stats import ServiceStatus
from shared.runtime.clock import ManualClock
from shared.service.sizing import EVENTS, Leader, Setting, Sizing
from tests.scaler.objects import service


class Ear:
    def __init__(self) -> None:
        self.sizes: list[Sizing] = []
        self.leaders: list[Leader] = []

    def size(self, sizing: Sizing) -> None:
        self.sizes.append(sizing)

    def introduce(self, leader: Leader) -> None:
        self.leaders.append(leader)


DECISION = Decision(
    "a", "responsive", 1, 1, True, raw=1, utilisation_pct=40, target_pct=50,
    pods=(PodView("a-0", PodClass.READY, 40),),
)  # fmt: skip


class Scene:
    def __init__(self) -> None:
        self.clock = ManualClock(1000.0)
        self.ear = Ear()
        self.audience = Audience("scaler-1", self.clock)
        self.audience.listen(self.ear)
        self.target = Cataloguer().catalog(service("a", 1)).targets["a"]
        self.status = ServiceStatus(current=1, ready=1, least=1, most=4, decision=DECISION)

    async def see(self, seconds: float = 2.0) -> None:
        await self.clock.advance(seconds)
        self.status.decided = self.clock.now()
        self.audience.sees("a", self.status, self.target)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_decision_is_told_with_pods_and_settings(scene: Scene) -> None:
    scene.audience.configured("a", (Setting("policy", "responsive", "default"),))
    await scene.see()
    (told,) = scene.ear.sizes
    assert (told.current, told.wanted, told.asked, told.least, told.most) == (1, 1, 1, 1, 4)
    assert (told.cpu_pct, told.target_pct, told.standing) == (40, 50, "active")
    assert told.sentence.startswith("hold 1: CPU 40% of its base, target 50%")
    assert told.settings[0].name == "policy"
    assert [pod.name for pod in told.pods] == [each.pod.name for each in scene.target.pods]


async def test_what_changes_by_little_is_told_seldom_and_a_new_size_at_once(scene: Scene) -> None:
    await scene.see()
    scene.status.decision = replace(DECISION, utilisation_pct=41)
    await scene.see(PERIOD - 1.0)
    assert len(scene.ear.sizes) == 1
    await scene.see(1.0)
    assert [each.cpu_pct for each in scene.ear.sizes] == [40, 41]
    scene.status.decision = replace(DECISION, replicas=3, action=Action.UP)
    await scene.see(0.1)
    assert scene.ear.sizes[-1].wanted == 3


async def test_where_nothing_changes_only_the_time_is_refreshed(scene: Scene) -> None:
    for _ in range(int(REFRESH / 2)):
        scene.status.decision = replace(DECISION, sample_age_s=scene.clock.now() % 7)
        await scene.see()
    assert len(scene.ear.sizes) == 1
    await scene.see()
    assert [each.decided for each in scene.ear.sizes] == [1002.0, 1062.0]


async def test_services_that_were_seen_first_at_once_are_not_told_all_at_once_again(
    scene: Scene,
) -> None:
    names = [f"service-{index}" for index in range(100)]
    told = []
    for turn in range(10):
        scene.status.decision = replace(DECISION, utilisation_pct=turn)
        before = len(scene.ear.sizes)
        for name in names:
            scene.audience.sees(name, scene.status)
        told.append(len(scene.ear.sizes) - before)
        await scene.clock.advance(1.0)
    assert told[0] == 100
    assert all(10 <= each <= 30 for each in told[1:])


async def test_what_happens_is_told_at_once_and_the_last_of_it_is_kept(scene: Scene) -> None:
    await scene.see()
    up = replace(DECISION, replicas=2, action=Action.UP)
    scene.audience.happened("a", "SuccessfulRescale", "New\nsize", warning=False, decision=up)
    told = scene.ear.sizes[-1].events[0]
    assert (told.before, told.after, told.words) == (1, 2, "New\\nsize")
    for index in range(EVENTS):
        scene.audience.happened("a", "Pending", str(index), warning=True)
    assert [each.words for each in scene.ear.sizes[-1].events] == [str(i) for i in range(EVENTS)]


async def test_a_service_that_cannot_be_read_is_told_without_a_target(scene: Scene) -> None:
    status = ServiceStatus(Standing.FAILED, "no api_port")
    scene.audience.sees("b", status)
    assert (scene.ear.sizes[0].standing, scene.ear.sizes[0].note) == ("failed", "no api_port")


async def test_who_tells_is_told_when_it_changes(scene: Scene) -> None:
    scene.audience.source("kubelet")
    scene.audience.source("kubelet")
    scene.audience.gateways(2, 1)
    assert scene.ear.leaders == [
        Leader("scaler-1"),
        Leader("scaler-1", "kubelet"),
        Leader("scaler-1", "kubelet", 2, 1),
    ]


async def test_a_service_that_is_gone_and_comes_back_is_told_anew(scene: Scene) -> None:
    await scene.see()
    scene.audience.retain(frozenset())
    await scene.see(0.1)
    assert len(scene.ear.sizes) == 2
