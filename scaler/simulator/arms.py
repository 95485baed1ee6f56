"""The controllers that are run side by side, by name."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from scaler.decision import HPA, Behavior, HpaOptions, Policy, Rate, Rules, decide, restored
from scaler.simulator.arm import Arm
from scaler.simulator.gateway import averaged, counted, of_a_second
from scaler.simulator.keda import keda_http
from scaler.simulator.kpa import TARGET_SHARE, kpa
from scaler.simulator.scenario import ideal_replicas
from scaler.sources.in_flight import WINDOW_S
from scaler.sources.samples import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaler.decision import Observation, State
    from scaler.simulator.arm import Decider, Start
    from scaler.simulator.gateway import View

_BY_GATEWAY = (
    f"on the requests at the gateway; aims at {TARGET_SHARE:.0%} of a pod's concurrency, "
    "whatever the target"
)


def policy_arm(
    name: str,
    policy: Policy,
    period_s: int,
    *,
    sampling: Sampling = Sampling.METRICS_SERVER,
    gateway: bool = False,
    restores: bool = False,
) -> Arm:
    """An arm that decides as the scaler does, with the service's limits and target.

    `restores` says that a restart finds the state again, as the scaler does and Kubernetes not.
    """
    about = f"policy {policy.name} every {period_s} s on samples of {sampling}"
    about += f", and the gateway's requests in the mean of {WINDOW_S:g} s" if gateway else ""
    start = partial(_by_policy, policy=policy, restores=restores)
    return Arm(name, about, start, period_s, sampling, averaged if gateway else None)


def _by_policy(start: Start, policy: Policy, restores: bool) -> Decider:
    world, stored = start.run.world, start.stored
    fitted = replace(
        policy,
        min_replicas=world.minimum,
        max_replicas=world.maximum,
        target_pct=world.target_pct,
    )
    state = _found(start, policy.name) if restores else None

    def decider(seen: Observation, now: float) -> int:
        nonlocal state
        learnt = state.learnt if state else ()
        decision, state = decide(seen, fitted, state, now)
        if decision.changes or state.learnt != learnt:
            stored["state"] = state.to_json()
        return decision.replicas if decision.changes else seen.spec_replicas

    return decider


def _found(start: Start, policy: str) -> State | None:
    """What was stored with the last change of size or of what was learnt, and the size found."""
    if "state" not in start.stored:
        return None
    return restored(policy, start.stored["state"]).found_at(start.replicas, start.now)


def _least(start: Start) -> Decider:
    return lambda _seen, _now: start.run.world.minimum


def _most(start: Start) -> Decider:
    return lambda _seen, _now: start.run.world.maximum


def _fixed(start: Start) -> Decider:
    world = start.run.world
    size = math.ceil(world.maximum * (100 - world.target_pct) / 100)
    return lambda _seen, _now: max(world.minimum, size)


def _oracle(start: Start) -> Decider:
    ideal, world = ideal_replicas(start.run), start.run.world
    lead = math.ceil(world.schedule_s + world.start_s[1]) + 1
    return lambda _seen, now: max(ideal[int(now) : int(now) + lead])


def _hpa(name: str, behavior: Behavior | None) -> Arm:
    return policy_arm(name, Policy(name=HPA, hpa=HpaOptions(behavior=behavior)), 15)


def _sharing(
    name: str, about: str, start: Callable[..., Decider], period_s: int, view: View
) -> Arm:
    about, share = f"{about} {_BY_GATEWAY}", round(100 * TARGET_SHARE)
    return Arm(name, about, start, period_s, gateway=view, share_pct=share)


_TUNED = Behavior(down=Rules(300.0, (Rate("Percent", 10, 60.0),)))

OURS = (
    policy_arm("responsive", Policy(), 2, restores=True),
    policy_arm("responsive-kubelet", Policy(), 2, restores=True, sampling=Sampling.KUBELET),
    policy_arm("responsive-gateway", Policy(), 2, restores=True, gateway=True),
)
RIVALS = (
    _hpa("hpa-v1", None),
    _hpa("hpa-default", Behavior()),
    _hpa("hpa-tuned", _TUNED),
    _sharing("kpa", "Knative's pod autoscaler every 2 s", kpa, 1, of_a_second),
    _sharing("keda-http", "KEDA's http add-on every 15 s", keda_http, 15, counted),
)
BOUNDS = (
    Arm("static-min", "always the minimum", _least, aims=False),
    Arm("static-max", "always the maximum", _most, aims=False),
    Arm("fixed", "always a share of the maximum, 100 % less the target", _fixed),
    Arm("oracle", "knows the load to come", _oracle, 1),
)

ARMS: dict[str, Arm] = {arm.name: arm for arm in (*RIVALS[:3], *OURS, *RIVALS[3:], *BOUNDS)}
"""The built-in arms. HPA: v1 is as OSCAR makes it, default has `behavior` set to Kubernetes'
defaults, tuned shrinks by at most a tenth a minute."""
