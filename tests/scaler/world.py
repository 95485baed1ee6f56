"""The loop with its real client, sources and actuator before a scripted API server, in our time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from scaler.cluster.catalog import Cataloguer
from scaler.config.document import Config
from scaler.config.file import ConfigFile
from scaler.config.scaling import Scaling
from scaler.control.actuator import Actuator
from scaler.control.context import ClusterView, Context
from scaler.control.inputs import Fetcher
from scaler.control.loop import Loop
from scaler.control.watchdog import Watchdog
from scaler.decision import HPA, Policy
from scaler.report.reporter import Reporter
from scaler.report.stats import Stats
from scaler.sources.kind import Access
from scaler.sources.wakes import WakeStreams
from shared.kube.client import KubeClient
from shared.kube.events import EventRecorder
from shared.runtime.clock import ManualClock
from shared.runtime.tasks import Supervisor
from shared.service.spaces import Spaces
from tests.scaler.objects import NOW, keyed, pod_metrics, stamp
from tests.shared.kube.scripted import Answer, Script, kubeconfig_file, says, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaler.cluster.catalog import Caches, Catalog
    from scaler.decision import Decision
    from scaler.report.stats import ServiceStatus
    from shared.service.objects import Obj

LEASE = {"kind": "Lease", "metadata": {"name": "scaler", "namespace": "oscar"}}


class TestedWatchdog(Watchdog):
    """Lets a test wait for the end of a tick."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.ended = asyncio.Event()

    def ticked(self) -> None:
        super().ticked()
        self.ended.set()


class World:
    """One scaler. `caches` are what its informers show; `writes` what reached the API server."""

    def __init__(self, caches: Caches) -> None:
        self.caches = caches
        self.catalog: Catalog | None = None
        """Instead of what is made of `caches` at each look."""
        self.clock = ManualClock(NOW)
        self.stats = Stats()
        self.leads = True
        self.usage: dict[str, str] = {}
        """CPU by pod; every pod not named has no sample."""
        self.sampled = 0.0
        """Seconds before now that samples are old."""
        self.author = "kubectl"
        """Who wrote replicas that the scaler did not."""
        self.metrics: Answer | None = None
        """Instead of the metrics."""
        self.marks = True
        """Whether the scaler may write the deletion cost of pods."""
        self.scale: list[Answer] = []
        """Answers to writes of scale, in order, instead of success."""
        self.script = Script(otherwise=self._answer)
        self.watchdog = TestedWatchdog(self.clock)
        self.loop: Loop
        self.streams: WakeStreams
        self.fetcher: Fetcher
        self.config: ConfigFile
        self.tasks: Supervisor
        self.events: EventRecorder

    async def tick(self, seconds: float = 0.0) -> None:
        """Move on, tick, and wait until what the tick began has ended."""
        await self.clock.advance(seconds)
        await self.loop.tick()
        await self.rest()

    async def rest(self) -> None:
        own = asyncio.current_task()
        names = ("write ", "author ")
        begun = [t for t in asyncio.all_tasks() if t is not own and t.get_name().startswith(names)]
        await asyncio.gather(*begun)
        await self.events.flushed()

    def status(self, name: str = "a") -> ServiceStatus:
        return self.stats.services[name]

    @property
    def writes(self) -> list[tuple[str, int, str]]:
        """Deployment, replicas and resourceVersion of each write of scale."""
        return [
            (call.path.split("/")[-2], call.body["spec"]["replicas"],
             call.body["metadata"]["resourceVersion"])
            for call in self.script.calls
            if call.path.endswith("/scale")
        ]  # fmt: skip

    @property
    def reasons(self) -> list[str]:
        """Of all Events written."""
        return [c.body["reason"] for c in self.script.calls if c.path.endswith("/events")]

    def calls(self, ending: str) -> list[Any]:
        return [call for call in self.script.calls if call.path.endswith(ending)]

    def put(self, *deployments: Obj) -> None:
        """The cache shows these Deployments from now on."""
        merged = {**self.caches.deployments, **keyed(*deployments)}
        self.caches = replace(self.caches, deployments=merged)

    def change(self, **collections: list[Obj]) -> None:
        self.caches = replace(
            self.caches, **{name: keyed(*objects) for name, objects in collections.items()}
        )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/apis/metrics.k8s.io"):
            return await (self.metrics or says({"items": self._samples()}))(request)
        if request.path.endswith("/scale"):
            answer = self.scale.pop(0) if self.scale else says({"kind": "Scale"})
            return await answer(request)
        if request.path.endswith("/selfsubjectaccessreviews"):
            return web.json_response({"status": {"allowed": self.marks}}, status=201)
        if request.method == "GET":
            fields = {"manager": "kubectl", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
            return web.json_response({"metadata": {"managedFields": [fields]}})
        return web.json_response({"metadata": {"name": "event"}})

    def _samples(self) -> list[Obj]:
        time = self.clock.now() - self.sampled
        items = []
        for name, cpu in self.usage.items():
            service, _, index = name.partition("/")
            items.append(pod_metrics(service, int(index), cpu) | {"timestamp": stamp(time)})
        return items


def decided(made: World) -> Decision:
    """The last decision on service `a`."""
    decision = made.status().decision
    assert decision is not None
    return decision


def settings(**more: Any) -> Config:
    """Policy hpa every second, and `more` of a service's scaling."""
    return Config(defaults=Scaling(policy=Policy(name=HPA, period=1.0), **more))


@asynccontextmanager
async def world(
    caches: Caches, folder: Path, config: Config | None = None, path: Path | None = None
) -> AsyncIterator[World]:
    """A world over `caches`; the configuration is `config`, under the file `path` if given."""
    made = World(caches)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serve(made.script))
        file = kubeconfig_file(folder, made.script.url)
        kube = await stack.enter_async_context(
            KubeClient.open(field_manager="scaler", kubeconfig=file)
        )
        session = await stack.enter_async_context(aiohttp.ClientSession())
        made.tasks = await stack.enter_async_context(Supervisor())
        _wire(made, kube, session, config or Config(), path)
        stack.push_async_callback(made.fetcher.close)
        made.tasks.start("events", made.events.run())
        yield made


def _wire(
    made: World,
    kube: KubeClient,
    session: aiohttp.ClientSession,
    config: Config,
    path: Path | None,
) -> None:
    made.events = EventRecorder(kube, "scaler", made.clock)
    reporter = Reporter(made.stats, made.events, LEASE, made.clock)
    made.config = ConfigFile(path, config, reporter)
    cataloguer = Cataloguer()

    async def author(_: Obj) -> str:
        return made.author

    access = Access(kube, session, Spaces(), lambda: {"n1"})
    made.fetcher = Fetcher(access, reporter, made.clock)
    made.streams = WakeStreams(
        session, made.tasks, made.clock, partial(reporter.source, "wakes"), lambda: 1.0
    )
    made.loop = Loop(
        Context(made.clock, made.tasks, reporter),
        ClusterView(
            lambda: made.catalog or cataloguer.catalog(made.caches), lambda: made.leads, author
        ),
        made.config,
        made.fetcher,
        Actuator(kube, lambda: made.leads, made.clock),
        made.watchdog,
        made.streams,
    )
    made.streams.listen(lambda wake: made.loop.woken(wake.service, wake.cause))
