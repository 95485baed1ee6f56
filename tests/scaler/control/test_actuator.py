"""What the loop's tests leave open: time-outs, many writes at once, failures beside the write."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.cluster.catalog import Cataloguer
from scaler.control import actuator
from scaler.control.actuator import Actuator, Outcome, Result
from scaler.control.annotation import ANNOTATION, recall
from scaler.decision import RESPONSIVE, Action, Decision
from scaler.decision.hpa.state import HpaState
from scaler.decision.responsive.state import ResponsiveState
from shared.runtime.clock import ManualClock, settle
from tests.scaler.objects import service
from tests.shared.kube.conftest import *  # noqa: F403  the scripted API server
from tests.shared.kube.scripted import Script, hangs, refuses, says

if TYPE_CHECKING:
    from aiohttp import web

    from shared.kube.client import KubeClient

TARGET = Cataloguer().catalog(service("a", 3)).targets["a"]
DOWN = Decision(service="a", policy="hpa", current=3, replicas=1, valid=True, action=Action.DOWN)
UP = replace(DOWN, replicas=5, action=Action.UP)


def made(kube: KubeClient, leads: bool = True) -> Actuator:
    return Actuator(kube, lambda: leads, ManualClock())


async def test_a_write_without_an_answer_fails_in_time(api: Script, kube: KubeClient) -> None:
    api.otherwise = hangs()
    subject = Actuator(kube, lambda: True, ManualClock(), timeout=0.05)
    outcome = await subject.carry_out(TARGET, UP, HpaState())
    assert outcome.result is Result.FAILED
    assert "no answer of the API server within" in outcome.message


async def test_marks_and_annotations_are_not_needed_for_a_write(
    api: Script, kube: KubeClient
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/selfsubjectaccessreviews"):
            return await says({"status": {"allowed": True}})(request)
        scale = request.path.endswith("/scale")
        return await (says({}) if scale else refuses(403, "Forbidden"))(request)

    api.otherwise = answer
    subject = made(kube)
    for _ in range(2):
        outcome = await subject.carry_out(TARGET, DOWN, HpaState())
        assert outcome == Outcome(Result.WRITTEN, unmarked=True)
    tried = [call.path.rsplit("/", 1)[1] for call in api.calls]
    refused_once = ["selfsubjectaccessreviews", "status"]
    assert tried == [*refused_once, "scale", "status", "scale", "status"]


async def test_asked_to_back_off_by_a_mark_it_does_not_write(api: Script, kube: KubeClient) -> None:
    api.otherwise = refuses(429, "TooManyRequests", Retry_After="9")
    subject = made(kube)
    outcome = await subject.carry_out(TARGET, DOWN, HpaState())
    assert outcome.result is Result.THROTTLED
    assert len(api.calls) == 1
    assert subject.backs_off


async def test_who_does_not_lead_writes_nothing_at_all(api: Script, kube: KubeClient) -> None:
    outcome = await made(kube, leads=False).carry_out(TARGET, DOWN, HpaState())
    assert outcome.result is Result.NOT_LEADING
    assert not api.calls


async def test_writes_at_a_time_are_bounded(api: Script, kube: KubeClient) -> None:
    here, most = 0, 0
    full = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal here, most
        here += 1
        most = max(most, here)
        if here == actuator.PARALLEL:
            full.set()
        await full.wait()  # the first ones until all places are taken,
        await settle()  # and more could come
        here -= 1
        return await says({})(request)

    api.otherwise = answer
    subject = made(kube)
    await asyncio.gather(*(subject.carry_out(TARGET, UP, HpaState()) for _ in range(40)))
    assert most == actuator.PARALLEL


async def test_what_was_learnt_is_kept_without_a_change_of_size(
    api: Script, kube: KubeClient
) -> None:
    api.otherwise = says({})
    learnt = ResponsiveState(ready_times=(12.5,))
    held = replace(DOWN, policy=RESPONSIVE, replicas=3, action=Action.NONE)
    await made(kube).note(TARGET, held, learnt)
    (call,) = api.calls
    assert call.path.endswith("/deployments/a-dlp/status")
    text = call.body["metadata"]["annotations"][ANNOTATION]
    assert recall({"metadata": {"annotations": {ANNOTATION: text}}}, RESPONSIVE) == learnt
