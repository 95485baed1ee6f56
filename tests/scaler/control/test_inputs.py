from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from scaler.config.document import Config, SourceConfig, parse
from scaler.control.inputs import Fetcher
from scaler.sources.kind import Access
from scaler.sources.loads import Load
from shared.runtime.clock import ManualClock
from shared.service.spaces import Spaces
from tests.scaler.objects import pod_metrics
from tests.shared.kube.conftest import *  # noqa: F403  the scripted API server
from tests.shared.kube.scripted import Script, hangs, refuses, says

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from shared.kube.client import KubeClient


class Told:
    """Hears what an operator would."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.lost = 0
        self.age: float | None = None
        self.heard = (0, 0)

    def source(self, kind: str, problem: str) -> None:
        self.problems.append((kind, problem))

    def malformed(self, count: int) -> None:
        self.lost += count

    def ages(self, kind: str, age: float | None) -> None:
        self.age = age

    def gateways(self, heard: int, silent: int) -> None:
        self.heard = heard, silent


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def access(kube: KubeClient) -> AsyncIterator[Access]:
    async with aiohttp.ClientSession() as session:
        yield Access(kube, session, Spaces(), lambda: ["n1"])


@pytest.fixture
def fetcher(access: Access, told: Told) -> Fetcher:
    made = Fetcher(access, told)
    made.configure(SourceConfig())
    return made


async def test_samples_and_the_lack_of_gateways(api: Script, fetcher: Fetcher, told: Told) -> None:
    api.then(says({"items": [pod_metrics("a", 0, "1m"), {}]}))
    inputs = await fetcher.fetch()
    assert set(inputs.samples.pods) == {"a-dlp-1-0"}
    assert (inputs.samples_error, inputs.loads) == ("", None)
    assert (told.problems, told.lost) == ([], 1)


async def test_a_source_that_fails_is_told_and_absent(
    api: Script, fetcher: Fetcher, told: Told
) -> None:
    api.otherwise = refuses(404, "NotFound")
    inputs = await fetcher.fetch()
    assert not inputs.samples.pods
    assert "install metrics-server" in inputs.samples_error
    assert told.problems == [("metrics.k8s.io", inputs.samples_error)]


async def test_a_source_that_hangs_is_given_up(api: Script, access: Access, told: Told) -> None:
    fetcher = Fetcher(access, told, timeout=0.05)
    fetcher.configure(SourceConfig())
    api.otherwise = hangs()
    assert "did not answer within" in (await fetcher.fetch()).samples_error


async def test_gateways_are_asked_beside_and_may_fail_alone(
    api: Script, fetcher: Fetcher, told: Told
) -> None:
    fetcher.configure(SourceConfig(gateways=(api.url,)))
    load = says({"a": {"in_flight": 3, "waiting": 1}})
    metrics = says({"items": []})

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (load if request.path == "/load" else metrics)(request)

    api.otherwise = answer
    inputs = await fetcher.fetch()
    assert inputs.loads is not None
    assert inputs.loads.services == {"a": Load(3, 1)}
    load = refuses(500, "InternalError")
    inputs = await fetcher.fetch()
    assert inputs.loads is not None
    assert inputs.loads.services == {"a": Load(3, 1, whole=False)}
    assert not inputs.loads.whole
    assert not inputs.samples_error
    assert [kind for kind, _ in told.problems] == ["gateway"]
    assert told.heard == (0, 1)


async def test_gateways_that_were_never_heard_say_nothing(api: Script, fetcher: Fetcher) -> None:
    fetcher.configure(SourceConfig(gateways=(api.url,)))
    api.otherwise = refuses(500, "InternalError")
    assert (await fetcher.fetch()).loads is None


async def test_a_source_that_hangs_holds_up_no_round_and_its_last_answer_stands(
    api: Script, access: Access, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaler.control.inputs.FIRST_PATIENCE", 30.0)  # the first answer comes
    clock = ManualClock()
    fetcher = Fetcher(replace(access, patience=0.1), told, clock)
    fetcher.configure(SourceConfig())
    api.then(says({"items": [pod_metrics("a", 0, "1m")]}), hangs())
    assert (await fetcher.fetch()).samples.pods
    began = time.monotonic()
    for _ in range(5):
        await clock.advance(1)
        assert (await fetcher.fetch()).samples.pods
    assert time.monotonic() - began < 4, "less than until it is given up"
    assert told.age == 5
    assert len(api.calls) == 2  # one question open, whatever the rounds
    assert questions() == ["source metrics.k8s.io"]
    fetcher.configure(SourceConfig(gateways=(api.url,)))
    await fetcher.fetch()
    await fetcher.close()
    assert not questions()


async def test_what_has_not_answered_yet_is_said_soon(
    api: Script, access: Access, told: Told
) -> None:
    fetcher = Fetcher(replace(access, patience=0.1), told)
    fetcher.configure(SourceConfig())
    api.otherwise = hangs()
    began = time.monotonic()
    assert (await fetcher.fetch()).samples_error == "metrics.k8s.io has not answered yet"
    assert time.monotonic() - began < 4, "less than until it is given up"
    await fetcher.close()


def questions() -> list[str]:
    """Tasks of questions that are open."""
    names = (task.get_name() for task in asyncio.all_tasks())
    return [name for name in names if name.startswith(("source ", "gateway ", "lookup "))]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("kubelet", "/api/v1/nodes/n1/proxy/metrics/resource"),
        ("prometheus", "/api/v1/query"),
    ],
)
async def test_other_sources_by_configuration(
    api: Script, fetcher: Fetcher, kind: str, path: str
) -> None:
    api.otherwise = refuses(500, "InternalError")
    text = f"source: {kind}\nprometheus: {{url: '{api.url}'}}"
    fetcher.configure(parse(text, Config()).source)
    await fetcher.fetch()
    assert [call.path for call in api.calls] == [path]
    assert "oscar-svc" in api.calls[0].query.get("query", "oscar-svc")
