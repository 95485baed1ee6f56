"""KEDA's http add-on, a baseline: an HPA of default behavior on requests in flight a pod. Pure.

Source: kubernetes/pkg/controller/podautoscaler/replica_calculator.go
(GetExternalPerPodMetricReplicas). The target is Knative's share of what a pod can take, for the
add-on's default of 100 suits no service in particular.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.hpa.limits import clamp_legacy
from scaler.decision.hpa.stabilisation import History, stabilise_legacy
from scaler.decision.hpa.state import Recommendation
from scaler.decision.policy import HpaOptions
from scaler.simulator.kpa import TARGET_SHARE

if TYPE_CHECKING:
    from scaler.decision import Observation
    from scaler.simulator.arm import Decider, Start

_TOLERANCE = 0.1


def keda_http(start: Start, share: float = TARGET_SHARE) -> Decider:
    """A controller that sizes the service by its requests, in flight and waiting, for `share` of a
    pod's concurrency each."""
    world, hpa = start.run.world, HpaOptions()
    target = world.concurrency * share
    history: History = (Recommendation(start.replicas, start.now),)

    def decider(seen: Observation, now: float) -> int:
        nonlocal history
        if not seen.load:
            return seen.spec_replicas
        pods = (seen.load.in_flight + seen.load.waiting) / target
        within = abs(pods / max(1, seen.status_replicas) - 1) <= _TOLERANCE
        desired = seen.status_replicas if within else math.ceil(pods)
        stable, history = stabilise_legacy(history, desired, hpa.stabilization_s, now)
        current = seen.spec_replicas
        return clamp_legacy(
            current, stable, world.minimum, world.maximum, hpa.up_factor, hpa.up_minimum
        )[0]

    return decider
