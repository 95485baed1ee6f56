"""From counters to samples, with the lag of the real pipeline."""

from __future__ import annotations

from random import Random

from scaler.simulator.pod import CONTAINER, SimPod
from scaler.simulator.sampling import Kubelet, MetricsServer


def _busy_pod(started: float) -> SimPod:
    pod = SimPod("p", started, 0, 1.0)
    pod.started = pod.running = started
    return pod


def test_samples_are_means_over_their_window_and_lag_behind() -> None:
    kubelet, server, pod = Kubelet(Random(1)), MetricsServer(Random(2)), _busy_pod(0.0)
    ages = []
    for second in range(300):
        pod.cpu += 400
        kubelet.step(float(second), [pod], [])
        server.step(float(second), [pod], kubelet, [])
        if second > 60:
            sample = server.published["p"]
            assert sample.usage_m == {CONTAINER: 400}
            assert sample.window_s in (10.0, 20.0)
            ages.append(second - sample.time)
    assert max(ages) >= 15
    assert max(ages) < 15 + 10


def test_the_kubelet_is_fresher() -> None:
    kubelet, pod = Kubelet(Random(1)), _busy_pod(0.0)
    for second in range(100):
        pod.cpu += 400
        kubelet.step(float(second), [pod], [])
    sample = kubelet.published["p"]
    assert (sample.usage_m, sample.window_s) == ({CONTAINER: 400}, 10.0)
    assert sample.time > 89


def test_a_restarted_container_has_no_sample_until_two_readings() -> None:
    kubelet, server, pod = Kubelet(Random(1)), MetricsServer(Random(2)), _busy_pod(0.0)
    for second in range(100):
        pod.cpu += 400
        kubelet.step(float(second), [pod], [])
        server.step(float(second), [pod], kubelet, [])
    pod.cpu = 0.0
    kubelet.step(100.0, [pod], [pod])
    server.step(100.0, [pod], kubelet, [pod])
    assert "p" not in kubelet.published
    assert "p" not in server.published
