"""Who uses a service: what its objects and the gateways say, and who may wake it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scaler.cluster.catalog import Cataloguer, Target
from scaler.control.use import ASKED, use_of, why_awake
from scaler.decision.zero import Zero
from scaler.sources.idleness import Heard, Idleness
from scaler.sources.in_flight import Count
from scaler.sources.loads import Load, Loads
from shared.service import names
from shared.service.objects import unix_seconds
from tests.scaler.objects import NOW, deployment, keyed, pod, service, stamp

ZERO = Zero(600.0)
IDLE = Loads(idleness=Idleness((Heard("http://one", 900.0, {"a": Count(0, 0, open=2, idle_s=0)}),)))
SLEEPS = {names.ASLEEP_SINCE: stamp(NOW - 50)}


def target(pods: list[Any] | None = None, **changes: Any) -> Target:
    """Service a with one pod, and `changes` of its Deployment."""
    found = deployment("a", changes.pop("replicas", 1), annotations=changes.pop("annotations", {}))
    found["metadata"] |= changes.pop("metadata", {})
    found["status"] |= changes.pop("status", {})
    caches = service("a", 1, **changes)
    caches = replace(caches, deployments=keyed(found))
    if pods is not None:
        caches = replace(caches, pods=keyed(*pods))
    return Cataloguer().catalog(caches).targets["a"]


def ready_after(seconds: float, obj: Any) -> Any:
    """A pod that has started some time before it was ready."""
    conditions = obj["status"]["conditions"]
    conditions[0]["lastTransitionTime"] = stamp(unix_seconds(obj["status"]["startTime"]) + seconds)
    return obj


def test_the_gateways_word_is_taken_and_without_gateways_nothing_is_known() -> None:
    use = use_of(target(), IDLE, NOW)
    assert (use.open, use.idle_s, use.unheard, use.unsettled, use.unseen) == (2, 0.0, "", "", "")
    assert use_of(target(), None, NOW).unheard
    assert use_of(target(), Loads(), NOW).unheard


@pytest.mark.parametrize(
    ("changes", "age"),
    [
        ({"pods": [pod("a", 0, age=300), pod("a", 1, age=20)]}, 300.0),
        ({"pods": [ready_after(280, pod("a", 0, age=300)), pod("a", 1, age=20)]}, 20.0),
        ({"pods": [pod("a", 0, age=300, ready="False")]}, 300.0),
        ({"metadata": {"creationTimestamp": stamp(NOW - 40)}}, 40.0),
        ({"annotations": {names.WAKE: stamp(NOW - 30)}}, 30.0),
    ],
    ids=["its oldest pod", "its slow pod", "it starts", "it was made", "somebody asked"],
)
def test_it_began_with_the_last_of_these(changes: dict[str, Any], age: float) -> None:
    assert use_of(target(**changes), IDLE, NOW).begun == NOW - age


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"metadata": {"generation": 3}, "status": {"observedGeneration": 2}}, "in a rollout"),
        ({"status": {"replicas": 2, "updatedReplicas": 1}}, "in a rollout"),
        ({"metadata": {"generation": 3}, "status": {"observedGeneration": 3}}, ""),
        ({"pods": [pod("a", 0, ready="False", age=20)]}, "a-dlp-1-0 starts"),
        ({"pods": [pod("a", 0, ready="False", age=601)]}, ""),
    ],
)
def test_a_start_and_a_rollout_are_seen(changes: dict[str, Any], told: str) -> None:
    assert use_of(target(**changes), IDLE, NOW).unsettled == told


def test_a_node_port_is_a_way_past_the_gateways() -> None:
    found = target(NodePort=30001)
    assert "node port" in use_of(found, IDLE, NOW).unseen
    assert "node port" in why_awake(found, ZERO, 0, IDLE)


def test_what_sleeps_is_woken_by_who_asks_alone() -> None:
    found = target([], replicas=0, annotations=SLEEPS)
    assert why_awake(found, ZERO, 0, IDLE) == ""
    assert why_awake(found, ZERO, 0, None) == ""
    assert why_awake(found, ZERO, 0, replace(IDLE, services={"a": Load(0, 1)})) == "a request"
    assert "does not sleep" in why_awake(found, None, 0, IDLE)
    assert why_awake(found, ZERO, 2, IDLE) == "a schedule, which asks for 2"
    asked = SLEEPS | {names.WAKE: stamp(NOW)}
    assert why_awake(target([], replicas=0, annotations=asked), ZERO, 0, IDLE) == ASKED
    before = SLEEPS | {names.WAKE: stamp(NOW - 60)}
    assert why_awake(target([], replicas=0, annotations=before), ZERO, 0, IDLE) == ""
