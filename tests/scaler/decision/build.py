"""Pods and observations for tests, with the values that do not matter filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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

NOW = 1_000_000.0
WINDOW_S = 15.0


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
) -> Pod:
    """A pod that has been ready for an hour, unless said otherwise; None: without a sample."""
    since = now - (age_s - 10 if ready_age_s is None else ready_age_s)
    return Pod(
        name=name,
        phase=phase,
        deleted=deleted,
        ready=ready,
        started=None if phase == "Pending" else now - age_s,
        transitioned=None if phase == "Pending" else since,
        containers=(Container("app", request_m, limit_m, usage_m),),
        sample=None if usage_m is None else Sample(now - sample_age_s, WINDOW_S),
    )


def pods(
    usages_m: Iterable[int | None], *, limit_m: int | None = None, now: float = NOW
) -> tuple[Pod, ...]:
    """One ready pod for each usage."""
    return tuple(pod(f"p{i}", u, limit_m=limit_m, now=now) for i, u in enumerate(usages_m))


def observe(
    members: Iterable[Pod], spec: int | None = None, load: Load | None = None, error: str = ""
) -> Observation:
    """The service with these pods; `spec` defaults to their number."""
    listed = tuple(members)
    replicas = len(listed) if spec is None else spec
    return Observation("cat", replicas, len(listed), listed, load=load, metrics_error=error)


def settled(**fields: object) -> State:
    """A state in which no window holds anything back any more."""
    return replace(State(recommendations=(), decided=NOW - 2), **fields)  # type: ignore[arg-type]


def ask(
    members: Iterable[Pod],
    policy: Policy | None = None,
    state: State | None = None,
    *,
    spec: int | None = None,
    load: Load | None = None,
    error: str = "",
    now: float = NOW,
) -> Decision:
    """The decision alone."""
    observation = observe(members, spec, load, error)
    return decide(observation, policy or Policy(), state or settled(), now)[0]
