"""What happened between two looks."""

from __future__ import annotations

from typing import Any

from gateway.admin.console.happenings import GRACE, KEPT, Happenings
from tests.gateway.admin.console.scene import pod, service

ONE, TWO = "10.0.0.1:80", "10.0.0.2:80"


def told(*looks: dict[str, Any]) -> list[tuple[str, str]]:
    """Kinds and words after these looks at the numbers of one service."""
    happenings = Happenings()
    for at, numbers in enumerate(looks):
        happenings.look("a", numbers, float(at))
    return [(one.kind, one.words) for one in happenings.of("a")]


def test_what_was_there_at_first_is_no_news() -> None:
    assert told(service({ONE: pod("a-1-x")}), service({ONE: pod("a-1-x")})) == []


def test_pods_come_begin_and_go() -> None:
    starting = service({ONE: pod("a-1-x"), TWO: pod("a-1-y", unready=True)})
    both = service({ONE: pod("a-1-x"), TWO: pod("a-1-y")})
    ending = service({ONE: pod("a-1-x", ends=True), TWO: pod("a-1-y")})
    first, last = service({ONE: pod("a-1-x")}), service({TWO: pod("a-1-y")})
    assert told(first, starting, both, ending, last) == [
        ("pod_ready", "a-1-y gets requests"),
        ("pod_ends", "a-1-x ends; it gets no new requests"),
        ("pod_gone", "a-1-x is gone"),
    ]


def test_a_pod_is_left_out_with_its_reason_and_returns() -> None:
    out = service({ONE: pod("a-1-x", complaint="upstream_closed") | {"ejected": True}})
    well = service({ONE: pod("a-1-x")})
    assert told(well, out, well) == [
        ("ejected", "a-1-x left out, the last failure: upstream_closed"),
        ("returned", "a-1-x gets requests again"),
    ]


def test_pods_of_another_revision_are_a_rollout() -> None:
    old, new = service({ONE: pod("a-1-x")}), service({ONE: pod("a-1-x"), TWO: pod("a-2-y")})
    assert ("rollout", "pods of a new revision come: a-2") in told(old, new)


def test_counts_that_grew_are_told() -> None:
    before, after = service({}, withdrawals=1), service({}, withdrawals=3, panics=1)
    assert told(before, after) == [
        ("withdrawn", "a stream or tunnel was ended, as its service or token is gone (2 times)"),
        ("panic", "all pods stopped being ready at once, and were kept"),
    ]


def test_only_the_latest_are_kept_and_those_of_services_that_are_gone_are_not() -> None:
    happenings = Happenings()
    for count in range(KEPT + 10):
        happenings.look("a", service({}, cold_starts=count), float(count))
    assert [one.at for one in happenings.of("a")] == [float(n) for n in range(10, KEPT + 10)]
    for _ in range(GRACE + 1):
        happenings.close(())
    assert happenings.of("a") == []
