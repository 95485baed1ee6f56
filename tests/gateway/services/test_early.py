"""Pods that are used before the cluster says that they are ready."""

from __future__ import annotations

from dataclasses import replace

from gateway.limits import Limits
from gateway.services.backend import Backend
from gateway.services.balancer import EARLY, Balancer
from gateway.services.spec import Endpoint

LOADING = Endpoint("10.0.0.1", 80, "a", ready=False)


def started(*endpoints: Endpoint, now: float = 100.0) -> tuple[Balancer, Backend]:
    balancer = Balancer(Limits(), lambda: 0.0)
    balancer.update(endpoints or (LOADING,), now)
    return balancer, next(iter(balancer.backends.values()))


def test_a_pod_that_starts_is_used_when_it_is_trusted() -> None:
    balancer, pod = started()
    assert (balancer.pick(), balancer.starting()) == (None, [pod])
    assert balancer.trust(pod, 101.0)
    assert balancer.pick() is pod
    assert balancer.starting() == []
    assert not balancer.settled
    assert not balancer.trust(pod, 101.0)


def test_the_cluster_agrees() -> None:
    balancer, pod = started()
    balancer.trust(pod, 101.0)
    balancer.update([LOADING], 102.0)
    balancer.update([replace(LOADING, ready=True)], 105.0)
    balancer.refresh(101.0 + EARLY + 1.0)
    assert balancer.pick() is pod
    assert balancer.early == 0
    assert balancer.update([LOADING], 200.0) == [pod]  # it stops being ready, as any pod
    assert balancer.starting() == []


def test_the_cluster_does_not_agree() -> None:
    balancer, pod = started()
    balancer.trust(pod, 101.0)
    balancer.update([LOADING], 101.0 + EARLY - 0.1)
    assert balancer.pick() is pod
    balancer.refresh(101.0 + EARLY)
    assert balancer.pick() is None
    assert balancer.starting() == []
    assert not balancer.trust(pod, 200.0)


def test_a_pod_that_ends_is_not_used() -> None:
    balancer, pod = started()
    balancer.trust(pod, 101.0)
    assert balancer.update([replace(LOADING, terminating=True)], 102.0) == [pod]
    assert balancer.pick() is None
    other, gone = started()
    other.update([], 101.0)
    assert not other.trust(gone, 102.0)


def test_a_pod_that_cannot_be_reached_after_all_is_left_to_the_cluster() -> None:
    balancer, pod = started()
    balancer.trust(pod, 101.0)
    balancer.failed(pod, 102.0, answered=True)
    assert balancer.pick() is pod
    balancer.failed(pod, 102.0)
    assert balancer.pick() is None
    assert not balancer.trust(pod, 103.0)
    balancer.update([replace(LOADING, ready=True)], 110.0)
    assert balancer.pick() is pod


def test_a_pod_that_was_ready_before_does_not_start() -> None:
    balancer, pod = started(replace(LOADING, ready=True))
    balancer.update([LOADING], 101.0)
    assert balancer.starting() == []
    assert not balancer.trust(pod, 101.0)
