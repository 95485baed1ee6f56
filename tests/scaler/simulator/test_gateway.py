"""Requests that come at random, in front of the model of the cluster."""

from __future__ import annotations

from itertools import pairwise
from math import exp
from random import Random
from statistics import fmean, pvariance

import pytest

from scaler.simulator.cluster import Cluster
from scaler.simulator.gateway import (
    Gateway,
    OrnsteinUhlenbeck,
    View,
    averaged,
    counted,
    of_a_second,
    residence_s,
)
from scaler.simulator.scenario import World

CALM = World(imbalance=0.0)


def seen(view: View, load: float, seconds: int = 4000, world: World = CALM) -> list[int]:
    """The requests in flight, second by second, with ten pods under a constant load."""
    cluster = Cluster(world, 10, Random(1))
    gateway = Gateway(world, Random(2), view)
    found = []
    for second in range(seconds):
        cluster.step(float(second), load)
        found.append(gateway.step(float(second), cluster, 100).in_flight)
    return found


@pytest.mark.parametrize("stay", [0.01, 0.4, 3.0])
def test_chance_has_the_law_of_requests_that_come_and_go(stay: float) -> None:
    chance = OrnsteinUhlenbeck(stay, Random(1))
    values, means = zip(*(chance.second() for _ in range(60_000)), strict=True)
    pairs = [a * b for a, b in pairwise(values)]
    both = [a * b for a, b in zip(values, means, strict=True)]
    kept = exp(-1 / stay)
    assert fmean(values) == pytest.approx(0.0, abs=0.05)
    assert pvariance(values) == pytest.approx(1.0, rel=0.05)
    assert fmean(pairs) == pytest.approx(kept, abs=0.05)
    assert pvariance(means) == pytest.approx(2 * stay * (1 - stay * (1 - kept)), rel=0.05)
    assert fmean(both) == pytest.approx(stay * (1 - kept), rel=0.08, abs=0.02)


def test_a_count_scatters_as_a_poisson_number_does() -> None:
    counts = seen(counted, 5.0)
    assert fmean(counts) == pytest.approx(5 * CALM.concurrency, rel=0.02)
    assert pvariance(counts) == pytest.approx(5 * CALM.concurrency, rel=0.1)


def test_means_scatter_less_the_longer_they_are() -> None:
    counts, second, window = (
        pvariance(seen(view, 5.0)) for view in (counted, of_a_second, averaged)
    )
    assert second < 0.6 * counts
    assert window < 0.2 * counts


def test_long_requests_are_remembered() -> None:
    slow = World(imbalance=0.0, request_work_m=2500.0)
    assert residence_s(slow) == 20.0
    assert pvariance(seen(averaged, 5.0, world=slow)) > 0.7 * 5 * slow.concurrency


def test_no_requests_are_none() -> None:
    assert set(seen(averaged, 0.0, 100)) == set(seen(counted, 0.0, 100)) == {0}


def test_while_work_waits_every_slot_is_taken() -> None:
    cluster = Cluster(CALM, 2, Random(1))
    gateway = Gateway(CALM, Random(2), averaged)
    loads = []
    for second in range(3):
        cluster.step(float(second), 3.0)
        loads.append(gateway.step(float(second), cluster, second))
    assert [load.in_flight for load in loads] == [2 * CALM.concurrency] * 3
    assert [load.waiting for load in loads] == [20, 40, 60]


def test_arrivals_are_those_of_the_run() -> None:
    cluster, gateway = Cluster(CALM, 2, Random(1)), Gateway(CALM, Random(2), averaged)
    counts = [
        gateway.step(float(second), cluster, n).arrivals for second, n in enumerate((3, 0, 2))
    ]
    assert counts == [3, 3, 5]


def test_where_work_is_due_over_lives_the_requests_in_flight_are_counted() -> None:
    cluster, gateway = Cluster(CALM, 2, Random(1)), Gateway(CALM, Random(2), counted, exact=True)
    seen = []
    for second in range(20):
        cluster.step(float(second), 3 / CALM.concurrency)
        seen.append(gateway.step(float(second), cluster, 0).in_flight)
    assert seen == [3] * 20


@pytest.mark.parametrize(("requests", "shares"), [(0, [0, 0, 0]), (2, [1, 1, 0]), (7, [3, 2, 2])])
def test_requests_are_given_out_evenly_and_pods_may_have_none(
    requests: int, shares: list[int]
) -> None:
    cluster, gateway = Cluster(CALM, 3, Random(1)), Gateway(CALM, Random(2), counted, exact=True)
    cluster.step(0.0, requests / CALM.concurrency)
    gateway.step(0.0, cluster, requests)
    assert list(gateway.shares(cluster.ready()).values()) == shares
    assert gateway.shares([]) == {}
