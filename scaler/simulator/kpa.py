"""Knative's pod autoscaler (KPA), a baseline: requests in flight over two windows. Pure.

Source: knative/serving pkg/autoscaler/scaling/autoscaler.go and its default ConfigMap. Not
modelled: scale to zero, sampling of pods (all are counted) and the activator, whose queue the
gateway's count of waiting requests stands for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaler.decision import Observation
    from scaler.simulator.arm import Decider, Start

PERIOD_S = 2
TARGET_SHARE = 0.7

Series = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Knative's names and defaults; `target` is the requests that a pod should have in flight."""

    target: float
    minimum: int = 1
    maximum: int = 10
    stable_window_s: float = 60.0
    panic_window_s: float = 6.0
    panic_threshold: float = 2.0
    max_scale_up_rate: float = 1000.0
    max_scale_down_rate: float = 2.0
    scale_down_delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """The autoscaler's memory: counts of the stable window, and the panic.

    `panic_since` is when the load was last above the threshold (None: no panic), `panic_most` the
    most pods asked for in this panic; `asked` are past answers, for the delay of a scale-down.
    """

    counts: Series = ()
    panic_since: float | None = None
    panic_most: int = 0
    asked: Series = ()


def begin(ready: int, now: float) -> State:
    """The state after a start: panic at the present size, so that lost counts shrink nothing."""
    return State(panic_since=now, panic_most=ready) if ready > 1 else State()


def record(state: State, requests: float, settings: Settings, now: float) -> State:
    """Remember that `requests` are with the service, in flight or waiting."""
    return replace(state, counts=_within(state.counts, settings.stable_window_s, now, requests))


def decide(state: State, ready: int, settings: Settings, now: float) -> tuple[int | None, State]:
    """Pods to ask for, None without counts."""
    if not state.counts:
        return None, state
    pods = max(1, ready)
    stable = _wanted(state.counts, settings.stable_window_s, settings, now)
    panic = _wanted(state.counts, settings.panic_window_s, settings, now)
    state = _panic(state, panic / pods >= settings.panic_threshold, settings, now)
    low = math.floor(pods / settings.max_scale_down_rate)
    high = math.ceil(pods * settings.max_scale_up_rate)
    desired = min(max(stable, low), high)
    if state.panic_since is not None:
        desired = max(desired, min(max(panic, low), high), state.panic_most)
        state = replace(state, panic_most=desired)
    asked = _within(state.asked, settings.scale_down_delay_s, now, desired)
    desired = int(max(pods for _, pods in asked))
    return min(max(desired, settings.minimum), settings.maximum), replace(state, asked=asked)


def _wanted(counts: Series, window_s: float, settings: Settings, now: float) -> int:
    recent = [requests for at, requests in counts if at > now - window_s]
    return math.ceil(sum(recent) / len(recent) / settings.target) if recent else 0


def _panic(state: State, over: bool, settings: Settings, now: float) -> State:
    if over:
        return replace(state, panic_since=now)
    if state.panic_since is not None and now - state.panic_since > settings.stable_window_s:
        return replace(state, panic_since=None, panic_most=0)
    return state


def _within(series: Series, window_s: float, now: float, newest: float) -> Series:
    return (*(entry for entry in series if entry[0] > now - window_s), (now, newest))


def kpa(start: Start, share: float = TARGET_SHARE) -> Decider:
    """A controller that counts every second and decides every other one; it aims at `share` of a
    pod's concurrency."""
    world = start.run.world
    target = max(0.01, world.concurrency * share)
    settings = Settings(target, world.minimum, world.maximum)
    state = begin(start.replicas, start.now)

    def decider(seen: Observation, now: float) -> int:
        nonlocal state
        if seen.load:
            state = record(state, seen.load.in_flight + seen.load.waiting, settings, now)
        if now % PERIOD_S:
            return seen.spec_replicas
        ready = sum(pod.ready == "True" and not pod.deleted for pod in seen.pods)
        desired, state = decide(state, ready, settings, now)
        return seen.spec_replicas if desired is None else desired

    return decider
