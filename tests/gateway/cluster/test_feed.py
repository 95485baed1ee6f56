"""The feed against an API server on a real socket, through the real client."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.cluster.feed import SLICE, Feed
from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import Stats
from shared.kube.client import KubeClient
from shared.runtime.clock import SystemClock, settle
from shared.runtime.tasks import Supervisor
from shared.service.objects import Obj
from shared.service.spaces import Spaces
from shared.service.tokens import digest
from tests.gateway.fake_cluster import (
    Cluster,
    configmap,
    endpoint_slice,
    entry,
    kubeconfig,
    serving,
)
from tests.shared.service.configmaps import BROKEN
from tests.shared.service.manager import SERVICES, TOKEN, Made
from tests.tasks import running
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from shared.runtime.clock import Clock


ONE = Spaces()


class _Impatient(SystemClock):
    """Back-off passes quickly, in its order."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


class _Still(_Impatient):
    """Time does not pass while something is done: the number of pieces alone ends a slice."""

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with serving() as cluster:
        yield cluster


@pytest.fixture
def services() -> Services:
    return Services(Limits(), Stats())


@contextlib.asynccontextmanager
async def feeding(
    cluster: Cluster,
    services: Services,
    folder: Path,
    spaces: Spaces = ONE,
    clock: Clock | None = None,
) -> AsyncIterator[Feed]:
    config = kubeconfig(folder, cluster.port)
    async with (
        KubeClient.open(field_manager="gateway", kubeconfig=config) as kube,
        Supervisor() as tasks,
    ):
        feed = Feed(kube, services, spaces, clock or _Impatient())
        feed.start(tasks)
        yield feed


@pytest.fixture
async def feed(cluster: Cluster, services: Services, tmp_path: Path) -> AsyncIterator[Feed]:
    async with feeding(cluster, services, tmp_path) as feed:
        await feed.synced.wait()
        yield feed


def addresses(services: Services, name: str) -> list[str]:
    route = services.table.find(name)
    assert route is not None
    return sorted(backend.label for backend in route.state.balancer.candidates)


async def test_what_is_there_at_the_start_is_in_the_first_table(
    cluster: Cluster, services: Services, tmp_path: Path
) -> None:
    cluster.put("endpointslices", endpoint_slice("a", entry("10.0.0.1")))
    cluster.put("configmaps", configmap("a"))
    cluster.put("configmaps", configmap("b", set_auth=True))
    async with feeding(cluster, services, tmp_path) as feed:
        assert feed.age() == float("inf")
        await feed.synced.wait()
        assert sorted(services.table.routes) == [b"a", b"b"]
        assert addresses(services, "a") == ["10.0.0.1:8080"]
        assert feed.age() < 60


async def test_what_an_oscar_manager_made_is_routed_as_it_stands(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    forms = [replace(made, name=f"s{index}") for index, made in enumerate(SERVICES.values())]
    for made in (*forms, Made("closed", exposed=False)):
        cluster.put("configmaps", made.configmap())
        cluster.put("endpointslices", endpoint_slice(made.name, entry("10.0.0.1")))
    await until(lambda: len(services.table.routes) == len(forms))
    for made in forms:
        route = services.table.find(made.name)
        assert route is not None
        assert (route.spec.set_auth, route.spec.digest) == (made.set_auth, digest(TOKEN))
        assert addresses(services, made.name) == ["10.0.0.1:8080"]
    assert not feed.invalid


async def test_no_token_of_a_managers_service_stays_in_memory(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    cluster.put("configmaps", Made(set_auth=True).configmap())
    await until(lambda: services.table.find("ocr") is not None)
    held = f"{dict(feed._configmaps.cache)} {feed._definitions._loaded}"
    assert digest(TOKEN).hex() in held
    assert TOKEN not in held


async def test_definitions_and_endpoints_follow_the_cluster(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    cluster.put("endpointslices", endpoint_slice("a", entry("10.0.0.1")))
    cluster.put("configmaps", configmap("a"))
    await until(lambda: services.table.find("a") is not None)
    await until(lambda: addresses(services, "a") == ["10.0.0.1:8080"])

    cluster.put("endpointslices", endpoint_slice("a", entry("10.0.0.3"), suffix="y"))
    gone = entry("10.0.0.1", ready=False, serving=True, terminating=True)
    cluster.put("endpointslices", endpoint_slice("a", gone, entry("10.0.0.2")))
    await until(lambda: addresses(services, "a") == ["10.0.0.2:8080", "10.0.0.3:8080"])

    cluster.delete("endpointslices", "a-svc-y")
    await until(lambda: addresses(services, "a") == ["10.0.0.2:8080"])

    cluster.delete("configmaps", "a")
    await until(lambda: services.table.find("a") is None)
    cluster.put("configmaps", configmap("a"))
    await until(lambda: services.table.find("a") is not None)
    assert addresses(services, "a") == ["10.0.0.2:8080"], "slices outlive a definition"


async def test_a_rotated_token_and_a_stop_change_the_route_but_not_its_state(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    cluster.put("configmaps", configmap("a", set_auth=True))
    await until(lambda: services.table.find("a") is not None)
    before = services.table.find("a")
    cluster.put("configmaps", configmap("a", set_auth=True, token="f" * 64, stopped=True))
    await until(lambda: services.table.find("a") is not before)
    after = services.table.find("a")
    assert before is not None
    assert after is not None
    assert before.spec.digest != after.spec.digest
    assert after.spec.stopped
    assert before.state is after.state


async def test_a_bad_definition_keeps_the_route_and_says_so(
    cluster: Cluster, services: Services, feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.put("configmaps", configmap("a", api_port=8080))
    await until(lambda: services.table.find("a") is not None)
    route = services.table.find("a")
    cluster.put("configmaps", configmap("a", api_port="eighty"))
    await until(lambda: "a" in feed.invalid)
    assert services.table.find("a") is route
    assert "api_port" in feed.invalid["a"]
    assert "the one before stays" in caplog.text

    cluster.put("configmaps", configmap("a", api_port=9090))
    await until(lambda: "a" not in feed.invalid)
    changed = services.table.find("a")
    assert changed is not None
    assert changed.spec.api_port == 9090


@pytest.mark.parametrize(("obj", "told"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_service_is_told_and_not_served_and_hurts_no_other(
    cluster: Cluster,
    services: Services,
    feed: Feed,
    caplog: pytest.LogCaptureFixture,
    obj: Obj,
    told: str,
) -> None:
    cluster.put("configmaps", copy.deepcopy(obj))
    cluster.put("configmaps", configmap("good"))
    await until(lambda: services.table.find("good") is not None and "a" in feed.invalid)
    assert sorted(services.table.routes) == [b"good"]
    assert told in feed.invalid["a"]
    assert "it is not served: ConfigMap a is not a service: " in caplog.text


async def test_a_deleted_bad_definition_is_forgotten(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    cluster.put("configmaps", configmap("a"))
    cluster.put("configmaps", configmap("b", api_port="x"))
    await until(lambda: "b" in feed.invalid)
    cluster.delete("configmaps", "b")
    await until(lambda: not feed.invalid)


async def test_the_last_table_serves_while_the_api_server_is_away(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    cluster.put("configmaps", configmap("a"))
    cluster.put("endpointslices", endpoint_slice("a", entry("10.0.0.1")))
    await until(lambda: services.table.find("a") is not None)
    await until(lambda: addresses(services, "a") == ["10.0.0.1:8080"])
    cluster.lose()
    heard = feed.age()
    await until(lambda: feed.age() > heard + 0.05)
    assert addresses(services, "a") == ["10.0.0.1:8080"]

    cluster.put("configmaps", configmap("b"))
    cluster.reachable = True
    await until(lambda: services.table.find("b") is not None)


async def test_a_start_without_the_api_server_waits(
    cluster: Cluster, services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.reachable = False
    cluster.put("configmaps", configmap("a"))
    async with feeding(cluster, services, tmp_path) as feed:
        await until(lambda: "list configmaps" in caplog.text)
        assert not feed.synced.is_set()
        cluster.reachable = True
        await feed.synced.wait()
        assert services.table.find("a") is not None


async def test_a_listing_of_many_is_brought_in_slices_between_which_requests_have_turns(
    cluster: Cluster, tmp_path: Path
) -> None:
    for number in range(4 * SLICE):
        cluster.put("configmaps", configmap(f"s{number}"))
    turns: list[int] = []

    class Counted(Services):
        def define(self, specs: Iterable[ServiceSpec], removed: Iterable[str] = ()) -> None:
            super().define(specs, removed)
            asyncio.get_running_loop().call_soon(lambda: turns.append(len(self.table.routes)))

    services = Counted(Limits(), Stats())
    async with feeding(cluster, services, tmp_path, clock=_Still()) as feed:
        await feed.synced.wait()
    assert turns == [SLICE, 2 * SLICE, 3 * SLICE, 4 * SLICE]


async def test_a_request_finds_a_service_with_its_pods_at_whatever_turn_it_comes(
    cluster: Cluster, services: Services, tmp_path: Path
) -> None:
    """Definition and endpoints come by two watches; either is as it was, or as it is now."""
    seen: set[tuple[int, tuple[str, ...]]] = set()

    def fill(number: int) -> None:
        for service in (f"s{each}" for each in range(3 * SLICE)):
            cluster.put("endpointslices", endpoint_slice(service, entry(f"10.0.0.{number}")))
            cluster.put("configmaps", configmap(service, api_port=number))

    async def look() -> None:
        while True:
            for route in services.table.routes.values():
                found = tuple(one.label for one in route.state.balancer.candidates)
                seen.add((route.spec.api_port, found))
            await asyncio.sleep(0)

    fill(1)
    async with feeding(cluster, services, tmp_path, clock=_Still()) as feed, running(look()):
        await feed.synced.wait()
        before, cluster.lists = cluster.lists, 0
        cluster.lose()
        cluster.forget()
        fill(2)
        cluster.reachable = True
        await until(lambda: (2, ("10.0.0.2:8080",)) in seen and cluster.lists == before)
        await until(lambda: all(r.spec.api_port == 2 for r in services.table.routes.values()))
    assert {port for port, _ in seen} == {1, 2}
    assert {found for _, found in seen} == {("10.0.0.1:8080",), ("10.0.0.2:8080",)}


async def test_what_cannot_be_read_harms_no_other_service(
    cluster: Cluster, services: Services, feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.put("endpointslices", endpoint_slice("poison", {"addresses": 5}))
    cluster.put("endpointslices", endpoint_slice("b", entry("10.0.0.1")))
    cluster.put("configmaps", configmap("b"))
    await until(lambda: services.table.find("b") is not None)
    await until(lambda: addresses(services, "b") == ["10.0.0.1:8080"])
    assert "service poison stays as it was" in caplog.text


async def test_a_restored_table_stays_whole_until_both_listings_are_there(
    cluster: Cluster, services: Services, tmp_path: Path
) -> None:
    """A service whose endpoints are not listed yet would have none."""
    for name in ("a", "b"):
        cluster.put("configmaps", configmap(name))
    cluster.put("endpointslices", endpoint_slice("a", entry("10.0.0.9")))
    cluster.withheld = "endpointslices"
    async with feeding(cluster, services, tmp_path) as feed:
        feed.restore(
            [
                (ServiceSpec(name, api_port=8080), (Endpoint("10.0.0.1", 8080),))
                for name in ("a", "gone")
            ],
            confirmed=0.0,
        )
        await until(lambda: cluster.lists, "the list of definitions")
        await settle()
        assert addresses(services, "a") == addresses(services, "gone") == ["10.0.0.1:8080"]
        assert feed.age() > 1e6
        assert services.table.find("b") is None
        cluster.withheld = ""
        await feed.synced.wait()
        assert not feed.stale
        assert addresses(services, "a") == ["10.0.0.9:8080"]
        assert services.table.find("gone") is None
        assert services.table.find("b") is not None
        assert [spec.name for spec, _ in feed.table()] == ["a", "b"]
        assert dict(feed.table()).popitem()[1] == ()


async def test_a_failed_request_says_that_the_api_server_is_away(
    cluster: Cluster, services: Services, tmp_path: Path
) -> None:
    cluster.reachable = False
    async with feeding(cluster, services, tmp_path) as feed:
        await asyncio.wait_for(feed.unreachable(), 10)


def born(obj: Obj, second: int) -> Obj:
    obj["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:{second:02}Z"
    return obj


async def test_services_of_owners_namespaces_are_routed_the_older_of_a_name(
    cluster: Cluster, services: Services, tmp_path: Path
) -> None:
    alice, bob = "oscar-svc-alice", "oscar-svc-bob"
    cluster.put("configmaps", born(configmap("hers"), 1), alice)
    cluster.put("endpointslices", endpoint_slice("hers", entry("10.0.0.1")), alice)
    cluster.put("configmaps", born(configmap("hers"), 2), bob)
    cluster.put("endpointslices", endpoint_slice("hers", entry("10.0.0.2")), bob)
    cluster.put("configmaps", born(configmap("foreign"), 1), "kube-system")
    async with feeding(cluster, services, tmp_path, Spaces(per_owner=True)) as feed:
        await feed.synced.wait()
        assert sorted(services.table.routes) == [b"hers"]
        route = services.table.find("hers")
        assert route is not None
        assert route.spec.namespace == alice
        assert addresses(services, "hers") == ["10.0.0.1:8080"]
        assert list(feed.invalid) == [f"{bob}/hers"]

        cluster.put("configmaps", configmap("later"))
        await until(lambda: services.table.find("later") is not None)  # it watches
        cluster.delete("configmaps", f"{alice}/hers")
        await until(lambda: addresses(services, "hers") == ["10.0.0.2:8080"])
        assert not feed.invalid
        cluster.delete("configmaps", f"{bob}/hers")
        await until(lambda: services.table.find("hers") is None)


async def test_other_namespaces_are_not_looked_at_unless_told(
    cluster: Cluster, services: Services, feed: Feed
) -> None:
    cluster.put("configmaps", configmap("hers"), "oscar-svc-alice")
    cluster.put("configmaps", configmap("ours"))
    await until(lambda: services.table.find("ours") is not None)
    assert services.table.find("hers") is None
    assert not feed.invalid
