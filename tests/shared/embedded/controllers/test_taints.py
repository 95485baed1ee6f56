"""Which taints a node has by its state, and who tolerates them for how long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from shared.embedded.controllers import taints

if TYPE_CHECKING:
    from shared.service.objects import Obj

NOW = 1_700_000_000.0
ADDED = "2023-11-14T22:13:20Z"


def node(spec: Any = None, **conditions: str) -> Obj:
    found = [{"type": kind, "status": status} for kind, status in conditions.items()]
    return {"metadata": {"name": "n"}, "spec": spec or {}, "status": {"conditions": found}}


def pod(*tolerations: Obj) -> Obj:
    return {"spec": {"tolerations": list(tolerations)}}


def taint(key: str, effect: str = "NoExecute", **more: str) -> Obj:
    return {"key": key, "effect": effect, **more}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (node(), []),
        (node(Ready="True"), []),
        (
            node(Ready="False"),
            [(taints.NOT_READY, "NoSchedule"), (taints.NOT_READY, "NoExecute")],
        ),
        (
            node(Ready="Unknown"),
            [(taints.UNREACHABLE, "NoSchedule"), (taints.UNREACHABLE, "NoExecute")],
        ),
        (node({"unschedulable": True}), [(taints.UNSCHEDULABLE, "NoSchedule")]),
        (node(DiskPressure="True"), [("node.kubernetes.io/disk-pressure", "NoSchedule")]),
        (node(DiskPressure="False"), []),
    ],
)
def test_the_state_of_a_node_shows_in_its_taints(
    state: Obj, expected: list[tuple[str, str]]
) -> None:
    found = taints.tainted(state, NOW)
    assert [(each["key"], each["effect"]) for each in found] == expected
    assert all(each["timeAdded"] == ADDED for each in found)


def test_foreign_taints_stay_and_own_ones_keep_their_time() -> None:
    mine = taint("a.example/gpu", "NoSchedule", value="x")
    old = taint(taints.NOT_READY, timeAdded="2020-01-01T00:00:00Z")
    gone = taint(taints.UNREACHABLE)
    found = taints.tainted(node({"taints": [mine, old, gone]}, Ready="False"), NOW)
    assert found == [mine, old, taint(taints.NOT_READY, "NoSchedule", timeAdded=ADDED)]


@pytest.mark.parametrize(
    ("tolerations", "seconds"),
    [
        ([], 0),
        ([{"operator": "Exists"}], math.inf),
        ([{"key": "k", "operator": "Exists", "effect": "NoExecute"}], math.inf),
        ([{"key": "k", "operator": "Exists", "tolerationSeconds": 300}], 300),
        ([{"key": "k", "operator": "Exists", "tolerationSeconds": -1}], 0),
        ([{"key": "k", "value": "v"}], math.inf),
        ([{"key": "k", "value": "w"}], 0),
        ([{"key": "other", "operator": "Exists"}], 0),
        ([{"key": "k", "operator": "Exists", "effect": "NoSchedule"}], 0),
        (
            [
                {"key": "k", "operator": "Exists", "tolerationSeconds": 60},
                {"operator": "Exists", "tolerationSeconds": 30},
            ],
            30,
        ),
    ],
)
def test_a_pod_stays_as_long_as_it_tolerates(tolerations: list[Obj], seconds: float) -> None:
    assert taints.patience(pod(*tolerations), [taint("k", value="v")]) == seconds


def test_without_a_taint_a_pod_stays() -> None:
    assert taints.patience(pod(), []) == math.inf


def test_what_is_known_of_a_lost_node_becomes_unknown_once() -> None:
    found = taints.lost([{"type": "Ready", "status": "True", "reason": "KubeletReady"}], NOW)
    assert found == [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
            "lastTransitionTime": ADDED,
        }
    ]
    assert taints.lost(found, NOW + 60) == found
