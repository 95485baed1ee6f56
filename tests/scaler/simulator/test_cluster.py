"""The model of the cluster."""

from __future__ import annotations

import math
from random import Random

from scaler.simulator.cluster import Cluster
from scaler.simulator.pod import BACK_OFF, NO_IMAGE
from scaler.simulator.scenario import World


def _cluster(replicas: int, world: World | None = None) -> Cluster:
    return Cluster(world or World(imbalance=0.0), replicas, Random(1))


def _run(cluster: Cluster, seconds: range, load: float) -> None:
    for second in seconds:
        cluster.step(float(second), load)


def test_a_pod_takes_time_to_start_and_burns_cpu_meanwhile() -> None:
    cluster = _cluster(1)
    cluster.spec = 2
    _run(cluster, range(5), 0.5)
    assert (len(cluster.active()), len(cluster.ready())) == (2, 1)
    assert cluster.pods[1].cpu > 2 * cluster.world.start_cpu_m
    _run(cluster, range(5, 25), 0.5)
    assert len(cluster.ready()) == 2


def test_a_pod_does_no_more_than_its_limit_and_the_rest_waits() -> None:
    cluster = _cluster(2)
    before = cluster.pods[0].cpu
    _run(cluster, range(10), 3.0)
    assert cluster.pods[0].cpu - before == 10 * cluster.world.limit_m
    assert cluster.backlog == 10 * 1000
    assert cluster.wait_s() == 5.0


def test_requests_give_up_after_their_patience() -> None:
    cluster = _cluster(1)
    _run(cluster, range(200), 2.0)
    assert cluster.wait_s() <= 2 * cluster.world.patience_s
    assert cluster.dropped > 0


def test_deletion_takes_unready_pods_first_and_costs_until_the_end_of_grace() -> None:
    cluster = _cluster(2)
    cluster.spec = 3
    _run(cluster, range(4), 0.5)
    cluster.spec = 2
    _run(cluster, range(4, 6), 0.5)
    assert len(cluster.ready()) == 2
    assert len(cluster.pods) == 3
    _run(cluster, range(6, 11), 0.5)
    assert len(cluster.pods) == 2


def test_a_rollout_replaces_all_pods_and_keeps_enough_of_them_ready() -> None:
    cluster = _cluster(8, World(rollouts=(5,)))
    least, most = 8, 8
    for second in range(300):
        cluster.step(float(second), 4.0)
        least, most = min(least, len(cluster.ready())), max(most, len(cluster.active()))
    assert {pod.version for pod in cluster.active()} == {1}
    assert least >= 6
    assert 8 < most <= 10


def test_failures_restart_in_place() -> None:
    cluster = _cluster(5, World(mean_time_to_failure_s=50.0))
    down = 0
    for second in range(300):
        cluster.step(float(second), 1.0)
        down += len(cluster.ready()) < 5
    assert down > 0
    assert len(cluster.active()) == 5


def test_a_starting_pod_burns_no_more_than_its_limit() -> None:
    cluster = _cluster(1, World(imbalance=0.0, limit_m=200, request_m=200))
    cluster.spec = 2
    _run(cluster, range(6), 0.1)
    assert 3 * 200 < cluster.pods[1].cpu < 5 * 200


def test_a_server_that_polls_uses_its_limit_with_and_without_requests() -> None:
    cluster = _cluster(1, World(spins=True))
    _run(cluster, range(10), 0.0)
    assert cluster.pods[0].cpu == 10 * cluster.world.limit_m


def test_a_service_that_is_new_has_no_ready_pod() -> None:
    cluster = _cluster(2, World(ready_at_start=False))
    _run(cluster, range(5), 0.5)
    assert (len(cluster.active()), len(cluster.ready()), cluster.wait_s()) == (2, 0, math.inf)
    _run(cluster, range(5, 25), 0.5)
    assert len(cluster.ready()) == 2


def test_a_container_that_ends_starts_again_after_pauses_that_double() -> None:
    """Runs of 90 s: at once the first time, then after 10, 20 and 40 s."""
    cluster = _cluster(1, World(ready_at_start=False, schedule_s=0.0, run_s=90.0))
    began = []
    for second in range(500):
        cluster.step(float(second), 0.0)
        (pod,) = cluster.pods
        if pod.running == second:
            began.append(second)
        assert (pod.running is None) == (pod.waiting == BACK_OFF)
    assert began == [0, 90, 190, 300, 430]


def test_a_rollout_without_an_image_stands_still_and_grows_in_proportion() -> None:
    cluster = _cluster(8, World(rollouts=(5,), pullable=False))
    _run(cluster, range(100), 4.0)
    waiting = [pod for pod in cluster.active() if pod.waiting == NO_IMAGE]
    assert (len(cluster.ready()), len(waiting)) == (6, 4)
    cluster.spec = 16
    _run(cluster, range(100, 200), 4.0)
    assert len(cluster.active()) == 20
    assert len(cluster.ready()) == 12
    assert {pod.version for pod in cluster.ready()} == {0}
