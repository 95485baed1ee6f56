"""Pods and observations for tests, with the values that do not matter filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from scaler.decision import (
    Container,
    Decision,
    Load,
    Observation,
    Pod,
    Policy,
    Sample,
    State,
    decide,
)
from scaler.decision.responsive.state import ResponsiveState

NOW = 1_000_000.0
WINDOW_S = 15.0


@dataclass(frozen=True)
class Shown:
    """A pod with its sample, and the requests that gateways have with it."""

    pod: Pod
    sample: Sample | None = None
    in_flight: int | None = None

    def but(self, **fields: Any) -> Shown:
        """The same with other fields of the pod."""
        return replace(self, pod=replace(self.pod, **fields))


def pod(
    name: str,
    usage_m: int | None,
    *,
    request_m: int | None = 1000,
    limit_m: int | None = None,
    ready: str | None = "True",
    phase: str = "Running",
    deleted: bool = False,
    age_s: float = 3600.0,
    ready_age_s: float | None = None,
    sample_age_s: float = 5.0,
    now: float = NOW,
) -> Shown:
    """A pod that has been ready for an hour, unless said otherwise; None: without a sample."""
    since = now - (age_s - 10 if ready_age_s is None else ready_age_s)
    shown = Pod(
        name=name,
        phase=phase,
        deleted=deleted,
        ready=ready,
        started=None if phase == "Pending" else now - age_s,
        transitioned=None if phase == "Pending" else since,
        containers=(Container("app", request_m, limit_m),),
    )
    taken = None if usage_m is None else Sample(now - sample_age_s, WINDOW_S, {"app": usage_m})
    return Shown(shown, taken)


def pods(
    usages_m: Iterable[int | None], *, limit_m: int | None = None, now: float = NOW
) -> tuple[Shown, ...]:
    """One ready pod for each usage."""
    return tuple(pod(f"p{i}", u, limit_m=limit_m, now=now) for i, u in enumerate(usages_m))


def observe(
    members: Iterable[Shown],
    spec: int | None = None,
    load: Load | None = None,
    error: str = "",
    exist: int | None = None,
) -> Observation:
    """The service with these pods; `spec` and `exist` default to their number."""
    listed = tuple(members)
    return Observation(
        "cat",
        len(listed) if spec is None else spec,
        len(listed) if exist is None else exist,
        tuple(each.pod for each in listed),
        {each.pod.name: each.sample for each in listed if each.sample},
        load,
        error,
        {each.pod.name: each.in_flight for each in listed if each.in_flight is not None},
    )


def settled(**fields: Any) -> ResponsiveState:
    """A state in which no window holds anything back any more."""
    return replace(ResponsiveState(decided=NOW - 2), **fields)


def responsive(
    observation: Observation, policy: Policy, state: ResponsiveState | None, now: float
) -> tuple[Decision, ResponsiveState]:
    """The decision of policy `responsive` through the public entry, and its state."""
    decision, after = decide(observation, policy, state, now)
    assert isinstance(after, ResponsiveState)
    return decision, after


SETTLED = settled()


def ask(
    members: Iterable[Shown],
    policy: Policy | None = None,
    state: State | None = SETTLED,
    *,
    spec: int | None = None,
    load: Load | None = None,
    error: str = "",
    now: float = NOW,
) -> Decision:
    """The decision alone."""
    observation = observe(members, spec, load, error)
    return decide(observation, policy or Policy(), state, now)[0]
