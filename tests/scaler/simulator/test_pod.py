"""A pod as the API server, the metrics and the gateways show it."""

from __future__ import annotations

import pytest

from scaler.simulator.pod import BACK_OFF, SimPod, back_off_s
from scaler.simulator.scenario import World


def test_a_pod_shows_how_far_it_is() -> None:
    pod, world = SimPod("p", 0.0, 0, 1.0), World()
    seen = pod.observed(world)
    assert (seen.phase, seen.ready, seen.started, seen.running) == ("Pending", None, None, None)
    pod.started = pod.transitioned = 2.0
    pod.run(3.0, 10.0)
    seen = pod.observed(world)
    assert (seen.phase, seen.ready, seen.running) == ("Running", "False", 3.0)
    pod.answer(13.0)
    seen = pod.observed(world)
    assert (seen.ready, seen.transitioned) == ("True", 13.0)
    assert seen.containers[0].request_m == world.request_m


def test_a_container_that_ended_waits_for_its_next_run() -> None:
    pod = SimPod("p", 0.0, 0, 1.0)
    pod.started = 0.0
    for at in (0.0, 50.0):
        pod.run(at, 10.0)
        pod.answer(at + 10.0)
        pod.end(at + 40.0)
    seen = pod.observed(World())
    assert (seen.phase, seen.ready, seen.transitioned) == ("Running", "False", 90.0)
    assert (seen.running, seen.waiting, pod.runs_at) == (None, BACK_OFF, 100.0)
    pod.run(100.0, 10.0)
    assert pod.observed(World()).waiting == ""
    pod.end(800.0)
    assert (pod.waiting, pod.runs_at) == ("", 800.0)


@pytest.mark.parametrize(
    ("ends", "pause"), [(1, 0.0), (2, 10.0), (3, 20.0), (6, 160.0), (7, 300.0), (99, 300.0)]
)
def test_pauses_double_up_to_five_minutes(ends: int, pause: float) -> None:
    assert back_off_s(ends) == pause
