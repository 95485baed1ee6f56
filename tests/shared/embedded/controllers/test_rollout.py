"""The arithmetic of a rollout, as tables."""

from __future__ import annotations

import pytest

from shared.embedded.controllers.rollout import (
    fenceposts,
    grow_new,
    max_unavailable,
    rescale,
    shrink_old,
)
from shared.service.objects import Obj


def deployment(replicas: int, surge: int | str = "25%", unavailable: int | str = "25%") -> Obj:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return {"metadata": {"name": "d"}, "spec": {"replicas": replicas, "strategy": strategy}}


def rs(name: str, size: int, available: int | None = None, **annotations: str) -> Obj:
    metadata: Obj = {"name": name, "creationTimestamp": name}
    metadata["annotations"] = {
        f"deployment.kubernetes.io/{key.replace('_', '-')}": value
        for key, value in annotations.items()
    }
    count = size if available is None else available
    return {
        "metadata": metadata,
        "spec": {"replicas": size},
        "status": {"availableReplicas": count},
    }


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", (3, 2)),  # 2.5 up, 2.5 down
        (1, "25%", "25%", (1, 0)),
        (4, "25%", "25%", (1, 1)),
        (3, 0, 0, (0, 1)),  # nothing could move, so one may be missing
        (3, 2, 1, (2, 1)),
        (0, "25%", "25%", (0, 1)),
        (3, "100%", 0, (3, 0)),
    ],
)
def test_percentages_round_as_in_kubernetes(
    replicas: int, surge: int | str, unavailable: int | str, expected: tuple[int, int]
) -> None:
    assert fenceposts(deployment(replicas, surge, unavailable)) == expected


def test_unavailable_is_never_more_than_there_are() -> None:
    assert max_unavailable(deployment(0)) == 0
    assert max_unavailable(deployment(2, 0, 5)) == 2


@pytest.mark.parametrize(
    ("replicas", "new", "old", "expected"),
    [
        (10, 0, 10, {"new": 3}),
        (10, 3, 10, {}),
        (10, 3, 8, {"new": 5}),
        (10, 8, 0, {"new": 10}),
        (2, 5, 0, {"new": 2}),
    ],
)
def test_the_new_one_grows_into_the_surge(
    replicas: int, new: int, old: int, expected: dict[str, int]
) -> None:
    assert grow_new(deployment(replicas), rs("new", new, 0), [rs("1", old)]) == expected


def test_unavailable_old_pods_go_before_available_ones() -> None:
    sick, well = rs("1", 3, 0), rs("2", 7)
    assert shrink_old(deployment(10), rs("new", 3, 0), [sick, well]) == {"1": 1}
    assert shrink_old(deployment(10), rs("new", 3, 3), [sick, well]) == {"1": 0, "2": 5}


def test_old_pods_go_only_as_the_new_ones_are_available() -> None:
    assert shrink_old(deployment(4), rs("new", 2, 0), [rs("1", 3)]) == {}
    assert shrink_old(deployment(4), rs("new", 2, 1), [rs("1", 3)]) == {"1": 2}


def test_one_active_replicaset_takes_a_new_scale_whole() -> None:
    assert rescale(deployment(7), rs("new", 3), [rs("1", 0)]) == {"new": 7}
    assert rescale(deployment(7), rs("new", 7), []) == {}
    assert rescale(deployment(7), None, [rs("1", 0), rs("2", 0)]) == {"2": 7}


def test_a_complete_rollout_takes_the_old_ones_down() -> None:
    new = rs("new", 5, 5, desired_replicas="5")
    assert rescale(deployment(5), new, [rs("1", 2)]) == {"1": 0}


def test_proportional_scaling_adds_up_to_what_is_allowed() -> None:
    new, old = rs("new", 5, 0, max_replicas="13"), rs("1", 8, max_replicas="13")
    up = rescale(deployment(20), new, [old])
    assert sum(up.values()) == 25
    down = rescale(deployment(4), new, [old])
    assert sum({"new": 5, "1": 8, **down}.values()) == 5
    assert rescale(deployment(0), new, [old]) == {"new": 0, "1": 0}
