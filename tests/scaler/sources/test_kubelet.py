from __future__ import annotations

import pytest
from aiohttp import web

from scaler.sources.kubelet import Counter, Kubelet, Rate, Rates, counters, pods_of
from scaler.sources.samples import SourceError
from shared.embedded.node.meter import Sample
from shared.embedded.node.metrics import PodUsage, resource_text
from shared.kube.client import KubeClient
from shared.service.spaces import Spaces
from tests.shared.kube.conftest import *  # noqa: F403  the scripted API server
from tests.shared.kube.scripted import Script, hangs, refuses

ANSWER = """\
# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="main",namespace="oscar-svc",pod="a-1"} 4.5 1700000123
container_cpu_usage_seconds_total{container="main",namespace="kube-system",pod="dns"} 9 1700000123
container_memory_working_set_bytes{container="main",namespace="oscar-svc",pod="a-1"} 1e+06 170000000
pod_cpu_usage_seconds_total{namespace="oscar-svc",pod="a-1"} 5.5 1700000123
scrape_error 0
"""
KEY = ("a-1", "main")


def test_reads_the_counters_of_one_namespace() -> None:
    assert list(counters(ANSWER, Spaces())) == [(KEY, Counter(1700000.123, 4.5))]


def test_text_that_is_no_exposition_gives_nothing() -> None:
    assert not list(counters("<html>404</html>", Spaces()))


@pytest.mark.parametrize("value", ["1.2.3 5", "1e 5", "- 5", "1e999 5", "NaN 5", "1 " + "9" * 400])
def test_numbers_that_are_none_give_nothing(value: str) -> None:
    assert not list(counters(ANSWER.replace("4.5 1700000123", value), Spaces()))


@pytest.mark.parametrize(("value", "seconds"), [("1e-05", 1e-05), ("1.5e+06", 1.5e6), ("12", 12.0)])
def test_numbers_are_read_as_go_writes_them(value: str, seconds: float) -> None:
    [(_, counter)] = counters(ANSWER.replace("4.5 1700000123", f"{value} 5"), Spaces())
    assert counter.seconds == seconds


def rounds(*points: tuple[float, float]) -> list[Rate | None]:
    rates = Rates()
    return [rates.update([(KEY, Counter(*point))]).get(KEY) for point in points]


def test_a_rate_needs_two_counters_and_has_their_distance_as_window() -> None:
    assert rounds((100, 1.0), (110, 6.0)) == [None, Rate(110, 10, 500)]


def test_a_counter_that_stands_still_keeps_the_last_rate_with_its_age() -> None:
    assert rounds((100, 1.0), (110, 6.0), (110, 6.0))[-1] == Rate(110, 10, 500)


def test_a_counter_that_fell_is_a_new_container() -> None:
    assert rounds((100, 50.0), (110, 1.0), (120, 2.0)) == [None, None, Rate(120, 10, 100)]


def test_what_is_not_seen_is_forgotten() -> None:
    rates = Rates()
    rates.update([(KEY, Counter(100, 1.0))])
    rates.update([])
    assert not rates.update([(KEY, Counter(200, 9.0))])


def test_a_pod_is_as_old_as_its_oldest_container() -> None:
    pods = pods_of({("p", "a"): Rate(10, 5, 100), ("p", "b"): Rate(12, 7, 200)})
    assert pods["p"].time == 10
    assert pods["p"].window_s == 5
    assert pods["p"].usage_m == {"a": 100, "b": 200}


async def test_every_node_in_use_is_scraped_and_one_that_fails_is_named(
    api: Script, kube: KubeClient
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if "/nodes/n2/" in request.path:
            return await refuses(502, "BadGateway", "dial tcp")(request)
        time = 1000 * len(api.calls)
        line = 'container_cpu_usage_seconds_total{container="c",namespace="oscar-svc",pod="p"}'
        return web.Response(text=f"{line} {time / 2000} {time}\n")

    api.otherwise = answer
    source = Kubelet(kube, Spaces(), lambda: ["n2", "n1", "n1"])
    first = await source.fetch()
    assert not first.pods
    assert {call.path for call in api.calls} == {
        "/api/v1/nodes/n1/proxy/metrics/resource",
        "/api/v1/nodes/n2/proxy/metrics/resource",
    }
    second = await source.fetch()
    assert second.pods["p"].usage_m == {"c": 500}
    [failure] = second.failures
    assert "node n2" in failure
    assert "nodes/proxy" in failure


async def test_a_node_that_hangs_holds_up_no_other(api: Script, kube: KubeClient) -> None:
    hanging = False

    async def answer(request: web.Request) -> web.StreamResponse:
        if hanging and "/nodes/n2/" in request.path:
            return await hangs()(request)
        time, pod = 1000 * len(api.calls), request.path.split("/")[4]
        line = (
            f'container_cpu_usage_seconds_total{{container="c",namespace="oscar-svc",pod="{pod}"}}'
        )
        return web.Response(text=f"{line} {time / 2000} {time}\n")

    api.otherwise = answer
    source = Kubelet(kube, Spaces(), lambda: ["n1", "n2"], patience=1.0)
    await source.fetch()
    known = (await source.fetch()).pods
    assert known.keys() == {"n1", "n2"}
    hanging = True
    for _ in range(3):
        found = (await source.fetch()).pods
    assert found["n1"].time > known["n1"].time
    assert found["n2"] == known["n2"]
    assert len(api.calls) == 8  # the one that hangs is not asked again
    await source.close()


async def test_when_no_node_answers_there_are_no_samples(api: Script, kube: KubeClient) -> None:
    api.otherwise = refuses(403, "Forbidden")
    with pytest.raises(SourceError, match="nodes/proxy"):
        await Kubelet(kube, Spaces(), lambda: ["n1"]).fetch()


def test_the_embedded_nodes_answer_is_read_like_a_kubelets() -> None:
    usage = PodUsage(
        "oscar-svc", "p", {}, samples={"c": Sample(100.25, 7.5, 2**20)}, started={"c": 1.0}
    )
    text = resource_text([usage], None)
    assert list(counters(text, Spaces())) == [(("p", "c"), Counter(100.25, 7.5))]
