from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from scaler.config.document import Config, SourceConfig, parse
from scaler.control.inputs import Fetcher
from scaler.sources.kind import Access
from scaler.sources.loads import Load
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

    def source(self, kind: str, problem: str) -> None:
        self.problems.append((kind, problem))

    def malformed(self, count: int) -> None:
        self.lost += count


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
    assert inputs.loads is None
    assert not inputs.samples_error
    assert [kind for kind, _ in told.problems] == ["gateway"]


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
