"""What is shown of one service."""

from __future__ import annotations

import pytest

from gateway.admin.console import detail
from gateway.admin.console.happenings import Happening
from shared.service.sizing import SizedPod, Sizing, SizingEvent
from tests.gateway.admin.console.scene import pod, service

NOW = 1000.0


def test_pods_of_both_sides_are_joined_by_name() -> None:
    numbers = service({"10.0.0.1:80": pod("a-1-x", 2), "10.0.0.2:80": pod("", 1)})
    told = Sizing("a", pods=(SizedPod("a-1-x", "ready", 40, 900.0, True), SizedPod("a-1-z")))
    nameless, known, coming = detail.pods(numbers, told, NOW)
    assert (known["cpu_pct"], known["started"], known["in_flight"]) == (40, 900.0, 2)
    assert (known["state"], known["class"], known["address"]) == ("ready", "ready", "10.0.0.1:80")
    assert (nameless["name"], nameless["cpu_pct"], nameless["state"]) == ("", None, "ready")
    assert (coming["state"], coming["address"], coming["why"]) == ("starting", "", "not ready yet")


@pytest.mark.parametrize(
    ("flags", "waiting", "state", "why"),
    [
        ({"new": True}, "", "new", "smaller share"),
        ({"ejected": True, "returns_s": 7.0, "complaint": "pod_5xx"}, "", "ejected", "pod_5xx"),
        ({"unready": True, "held": True}, "", "held", "at once"),
        ({"unready": True}, "", "starting", "not ready yet"),
        ({"unready": True}, "CrashLoopBackOff", "failing", "CrashLoopBackOff"),
        ({"unready": True, "early": True}, "", "ready", ""),
        ({"unready": True, "ends": True}, "", "draining", "it ends"),
        ({"complaint": "upstream_closed"}, "", "ready", "upstream_closed"),
    ],
)
def test_states_of_pods_have_their_reasons(
    flags: dict[str, object], waiting: str, state: str, why: str
) -> None:
    told = Sizing("a", pods=(SizedPod("a-1-x", waiting=waiting),))
    (found,) = detail.pods(service({"h:1": pod("a-1-x") | flags}), told, NOW)
    assert found["state"] == state
    assert why in found["why"]
    assert found["until"] == (1007 if state == "ejected" else None)


def test_a_pod_that_only_the_scaler_knows_may_be_ending_or_in_trouble() -> None:
    pods = (SizedPod("a", waiting="Terminating"), SizedPod("b", waiting="ErrImagePull"),
            SizedPod("c", waiting="Unschedulable", words="no node has 64 CPU"))  # fmt: skip
    found = detail.pods(service({}), Sizing("a", pods=pods), NOW)
    assert [one["state"] for one in found] == ["draining", "failing", "failing"]
    assert [one["why"] for one in found][1:] == ["ErrImagePull", "no node has 64 CPU"]


def test_events_of_both_sides_are_in_order_the_latest_first_and_bounded() -> None:
    own = [Happening(float(at), "pod_ready", "w") for at in range(0, 200, 2)]
    told = Sizing("a", events=(SizingEvent(5.0, "SuccessfulRescale", "w", False, 1, 2),))
    assert [one["at"] for one in detail.events(own[:4], told)] == [6.0, 5.0, 4.0, 2.0, 0.0]
    decided = detail.events(own[:4], told)[1]
    assert (decided["source"], decided["from"], decided["to"]) == ("scaler", 1, 2)
    assert len(detail.events(own, told)) == detail.EVENTS


def test_the_line_to_call_it_has_a_place_for_the_token_where_one_is_asked_for() -> None:
    line = detail.curl("a", "https://<gateway>:8443", set_auth=True)
    assert line == "curl -u a:<token> https://<gateway>:8443/system/services/a/exposed/"
    assert "-u" not in detail.curl("a", "http://<gateway>:8080", set_auth=False)
