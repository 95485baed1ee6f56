"""The order in which pods are given up."""

from __future__ import annotations

from shared.embedded.controllers.scale_down import deletion_cost, victims
from shared.service.objects import Obj

NOW = 10_000.0


def pod(name: str, *, node: str = "n", phase: str = "Running", ready: float | None = 5000.0,
        cost: str | None = None, restarts: int = 0, created: int = 0) -> Obj:  # fmt: skip
    stamp = "1970-01-01T00:00:00Z" if not created else f"1970-01-01T02:{created:02d}:00Z"
    conditions = []
    if ready is not None:
        hours, rest = divmod(int(ready), 3600)
        since = f"1970-01-01T{hours:02d}:{rest // 60:02d}:{rest % 60:02d}Z"
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": since}]
    annotations = {} if cost is None else {"controller.kubernetes.io/pod-deletion-cost": cost}
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": stamp,
            "annotations": annotations,
        },
        "spec": {"nodeName": node} if node else {},
        "status": {
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": [{"restartCount": restarts}],
        },
    }


def first(*pods: Obj) -> str:
    name: str = victims(list(pods)[::-1], 1, NOW)[0]["metadata"]["name"]
    return name


def test_each_rule_of_kubernetes_in_its_rank() -> None:
    plain = pod("plain", node="")
    assert first(plain, pod("assigned", ready=None, phase="Pending")) == "plain"
    assert first(pod("pending", phase="Pending", ready=None), pod("running")) == "pending"
    assert first(pod("unready", ready=None, cost="9"), pod("ready")) == "unready"
    assert first(pod("cheap", cost="-1"), pod("free"), pod("dear", cost="1")) == "cheap"
    assert first(pod("crowded", node="a"), pod("too", node="a"), pod("alone", node="b")) in (
        "crowded",
        "too",
    )
    assert first(pod("young", ready=9999.0), pod("old", ready=100.0)) == "young"
    assert first(pod("restarted", restarts=3), pod("steady")) == "restarted"
    assert first(pod("newer", created=46), pod("older")) == "newer"


def test_ages_of_like_magnitude_are_equal_and_the_uid_decides() -> None:
    assert first(pod("a", ready=5000.0), pod("b", ready=5100.0)) == "a"


def test_a_cost_that_is_no_number_counts_as_none() -> None:
    assert deletion_cost(pod("p", cost="cheap")) == 0
    assert deletion_cost(pod("p")) == 0


def test_as_many_as_asked() -> None:
    assert len(victims([pod(str(n)) for n in range(5)], 3, NOW)) == 3
