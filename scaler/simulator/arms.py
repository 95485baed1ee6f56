"""The policies that are run side by side, each with its loop's period and its source of samples."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaler.decision import HPA, Behavior, HpaOptions, Policy, Rate, Rules

if TYPE_CHECKING:
    from scaler.simulator.scenario import Run

METRICS_SERVER = "metrics-server"
KUBELET = "kubelet"


@dataclass(frozen=True, slots=True)
class Arm:
    """A policy as it would be deployed. `gateway` adds the gateway's count of requests;
    `restores` says that a restart finds the state again, as the scaler does and Kubernetes not.

    `fixed` instead of `policy`: "min", "max", or "oracle", which knows the load to come.
    """

    name: str
    policy: Policy | None = None
    period_s: int = 15
    source: str = METRICS_SERVER
    gateway: bool = False
    restores: bool = False
    fixed: str = ""


def _hpa(behavior: Behavior | None) -> Policy:
    return Policy(name=HPA, hpa=HpaOptions(behavior=behavior))


_TUNED = Behavior(down=Rules(300.0, (Rate("Percent", 10, 60.0),)))

ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("hpa-v1", _hpa(None)),
        Arm("hpa-default", _hpa(Behavior())),
        Arm("hpa-tuned", _hpa(_TUNED)),
        Arm("responsive", Policy(), period_s=2, restores=True),
        Arm("responsive-kubelet", Policy(), period_s=2, restores=True, source=KUBELET),
        Arm(
            "responsive-gateway",
            Policy(in_flight_target=6),
            period_s=2,
            restores=True,
            gateway=True,
        ),
        Arm("static-min", fixed="min"),
        Arm("static-max", fixed="max"),
        Arm("oracle", fixed="oracle", period_s=1),
    )
}
"""The built-in arms, by name. HPA: v1 is as OSCAR makes it, default has `behavior` set to
Kubernetes' defaults, tuned shrinks by at most a tenth a minute."""


def policy_for(arm: Arm, run: Run) -> Policy | None:
    """The arm's policy with the service's limits and target."""
    if arm.policy is None:
        return None
    world = run.world
    return replace(
        arm.policy,
        min_replicas=world.minimum,
        max_replicas=world.maximum,
        target_pct=world.target_pct,
    )


def fixed_replicas(arm: Arm, run: Run, ideal: list[int], second: int) -> int:
    """Replicas of an arm without a policy; the oracle looks ahead by a pod's start."""
    if arm.fixed == "min":
        return run.world.minimum
    if arm.fixed == "max":
        return run.world.maximum
    lead = math.ceil(run.world.schedule_s + run.world.start_s[1]) + 1
    return max(ideal[second : second + lead])
