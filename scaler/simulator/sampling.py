"""How CPU becomes a sample: the kubelet reads counters, metrics-server scrapes them. Pure.

Source: metrics-server pkg/storage/pod.go (a rate needs two readings; a container younger than the
resolution gets a zero point at its start), kubelet housekeeping of 10 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.types import Sample
from scaler.simulator.pod import CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from scaler.simulator.pod import SimPod

_KUBELET_S = 10
_RESOLUTION_S = 15

Reading = tuple[float, float]


class Kubelet:
    """Counters of each pod, read every ten seconds at its own phase; a fresh source of samples."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._phases: dict[str, int] = {}
        self.readings: dict[str, Reading] = {}
        self.published: dict[str, Sample] = {}

    def step(self, now: float, pods: Iterable[SimPod], restarted: Iterable[SimPod]) -> None:
        """Read what is due; a rate needs two readings of the same container."""
        for pod in restarted:
            self.readings.pop(pod.name, None)
            self.published.pop(pod.name, None)
        for pod in pods:
            if pod.running is None:
                continue
            phase = self._phases.setdefault(pod.name, self._random.randrange(_KUBELET_S))
            if int(now) % _KUBELET_S == phase:
                before = self.readings.get(pod.name)
                self.readings[pod.name] = (now, pod.cpu)
                if before:
                    self.published[pod.name] = _rate(before, (now, pod.cpu))


class MetricsServer:
    """metrics.k8s.io: every fifteen seconds the kubelets' latest readings, and the rate between."""

    def __init__(self, random: Random) -> None:
        self._phase = random.randrange(_RESOLUTION_S)
        self._last: dict[str, Reading] = {}
        self.published: dict[str, Sample] = {}

    def step(
        self, now: float, pods: Iterable[SimPod], kubelet: Kubelet, restarted: Iterable[SimPod]
    ) -> None:
        """Scrape when it is time."""
        for pod in restarted:
            self._last.pop(pod.name, None)
            self.published.pop(pod.name, None)
        if int(now) % _RESOLUTION_S == self._phase:
            for pod in pods:
                self._scrape(pod, kubelet.readings.get(pod.name))

    def _scrape(self, pod: SimPod, reading: Reading | None) -> None:
        if reading is None or reading == self._last.get(pod.name):
            return
        before = self._last.get(pod.name) or self._zero_point(pod, reading)
        if before:
            self.published[pod.name] = _rate(before, reading)
        self._last[pod.name] = reading

    @staticmethod
    def _zero_point(pod: SimPod, reading: Reading) -> Reading | None:
        started = pod.running or 0.0
        young = _KUBELET_S <= reading[0] - started < _RESOLUTION_S
        return (started, 0.0) if young else None


def _rate(before: Reading, after: Reading) -> Sample:
    window = after[0] - before[0]
    return Sample(after[0], window, {CONTAINER: round((after[1] - before[1]) / window)})
