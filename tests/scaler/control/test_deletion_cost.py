from __future__ import annotations

from scaler.cluster.observe import DELETION_COST, PodFacts, read_pod
from scaler.control.deletion_cost import MARK, MAX_MARKS, marks
from tests.scaler.objects import pod


def ready(index: int, age: float = 3600.0, cost: str = "", **more: str) -> PodFacts:
    annotations = {DELETION_COST: cost} if cost else {}
    return read_pod(pod("a", index, age=age, annotations=annotations, **more))  # type: ignore[arg-type]


def name(index: int) -> str:
    return f"a-dlp-1-{index}"


def test_the_least_busy_pods_are_marked() -> None:
    pods = [ready(0), ready(1), ready(2)]
    shares = {name(0): 80, name(1): 5, name(2): 30}
    assert marks(pods, shares, 2) == {name(1): MARK, name(2): MARK}


def test_pods_with_the_fewest_requests_go_first_whatever_their_cpu() -> None:
    pods = [ready(0), ready(1), ready(2)]
    shares = {name(0): 1, name(1): 60, name(2): 0}
    requests = {name(0): 2, name(1): 0, name(2): None}
    assert marks(pods, shares, 1, requests) == {name(1): MARK}
    assert marks(pods, shares, 2, requests) == {name(0): MARK, name(1): MARK}
    assert marks(pods, shares, 1, dict.fromkeys(requests)) == {name(2): MARK}


def test_a_pod_nothing_is_known_of_may_be_busy() -> None:
    assert marks([ready(0), ready(1)], {name(1): 99}, 1) == {name(1): MARK}


def test_of_equals_the_youngest_goes() -> None:
    pods = [ready(0, age=10), ready(1, age=500)]
    assert marks(pods, {name(0): 5, name(1): 5}, 1) == {name(0): MARK}


def test_only_what_changes_is_patched_and_old_marks_go() -> None:
    pods = [ready(0, cost=str(MARK)), ready(1, cost=str(MARK)), ready(2, cost="7")]
    shares = {name(0): 1, name(1): 90, name(2): 95}
    assert marks(pods, shares, 1) == {name(1): None}


def test_pods_that_go_first_anyway_are_left_alone() -> None:
    pods = [ready(0, ready="False"), ready(1, phase="Pending"), ready(2)]
    assert marks(pods, {name(2): 50}, 1) == {name(2): MARK}


def test_patches_are_bounded() -> None:
    assert len(marks([ready(i) for i in range(100)], {}, 90)) == MAX_MARKS
    assert marks([ready(0)], {}, 0) == {}
