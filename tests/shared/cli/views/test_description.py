"""A description in words."""

from __future__ import annotations

from typing import Any

from shared.cli.views.description import curl, events, lines

NOW = "2026-01-01T01:00:00.000+00:00"
DEFINITION: dict[str, Any] = {
    "name": "ocr",
    "image": "registry/ocr:1",
    "cpu": "500m",
    "memory": "1Gi",
    "owner": "cluster_admin",
    "visibility": "private",
    "expose": {"api_port": [5000], "min_scale": 1, "max_scale": 4, "cpu_threshold": 50,
               "set_auth": True, "auth_type": "basic"},
}  # fmt: skip
TOLD: dict[str, Any] = {
    "service_name": "ocr",
    "namespace": "oscar-svc",
    "time": NOW,
    "path": "/system/services/ocr/exposed/",
    "definition": DEFINITION,
    "deployment": {"state": "degraded", "reason": "MinimumReplicasUnavailable: few"},
    "rollout": {
        "revision": 3, "wanted": 2, "updated": 1, "old": 1, "ready": 1, "available": 1,
        "complete": False,
        "conditions": [{"type": "Available", "status": "False", "reason": "Few", "message": "m",
                        "last_transition_time": "2026-01-01T00:50:00Z"}],
    },
    "pods": [
        {"name": "ocr-dlp-1-a", "ready": True, "state": "Running", "reason": "", "restarts": 0,
         "created": "2026-01-01T00:00:00Z", "node": "n1", "revision": 2, "cpu": 0.25,
         "memory": 3 * 2**20},
        {"name": "ocr-dlp-2-b", "ready": False, "state": "CrashLoopBackOff",
         "reason": "back-off\x1b[2J", "restarts": 4,
         "last_end": {"time": "2026-01-01T00:59:00Z", "reason": "OOMKilled", "exit_code": 137},
         "created": "2026-01-01T00:59:30Z",
         "node": "", "revision": 3, "cpu": None, "memory": None},
    ],
    "pods_left_out": 7,
    "events": [{"id": "x", "time": "2026-01-01T00:58:00Z", "type": "Warning", "reason": "BackOff",
                "object": "Pod/ocr-dlp-2-b", "note": "Back-off\nrestarting", "count": 3}],
    "scaler": {"time": "2026-01-01T00:55:00.000+00:00", "policy": "hpa", "from": 1, "to": 2,
               "utilisation_pct": 95, "target_pct": 50, "reasons": ["Utilisation"],
               "limits": ["Max"]},
    "notes": ["PodMetrics objects cannot be read: 503"],
}  # fmt: skip


def test_all_of_it() -> None:
    assert "\n".join(lines(TOLD, "http://gw")) == (
        """\
Name:        ocr
Namespace:   oscar-svc
State:       degraded
Reason:      MinimumReplicasUnavailable: few
Owner:       cluster_admin
Visibility:  private
Image:       registry/ocr:1
CPU:         500m
Memory:      1Gi
Ports:       5000
Scale:       1 to 4 pods, at 50 % of their CPU
Access:      by token (basic)
URL:         http://gw/system/services/ocr/exposed/
Try:         curl -u "ocr:$(exposed token ocr)" http://gw/system/services/ocr/exposed/

Rollout of revision 3: under way; 1 of 2 pods are of it, 1 of earlier ones; 1 ready, 1 available
  CONDITION  STATUS  SINCE  REASON  MESSAGE
  Available  False   10m    Few     m

Pods:
  NAME         READY  STATE             RESTARTS  AGE  REVISION  CPU   MEMORY  NODE
  ocr-dlp-1-a  yes    Running           0         60m  2         250m  3Mi     n1
  ocr-dlp-2-b  no     CrashLoopBackOff  4         30s  3         ?     ?       -
  ocr-dlp-2-b: back-off\\x1b[2J
  and 7 more

Scaler: 5m ago, 1 → 2 pods at CPU 95 %, target 50 %, because Utilisation, held by Max, policy hpa

Events:
  LAST  TYPE     REASON   OBJECT           COUNT  NOTE
  2m    Warning  BackOff  Pod/ocr-dlp-2-b  3      Back-off restarting
note: PodMetrics objects cannot be read: 503"""
    )


def test_a_pod_that_serves_again_says_how_it_ended() -> None:
    again = TOLD["pods"][1] | {"ready": True, "state": "Running", "reason": ""}
    assert "  ocr-dlp-2-b: ended 60s ago and was started again: OOMKilled, exit code 137" in lines(
        TOLD | {"pods": [again]}, "http://gw"
    )


def test_a_decision_that_holds() -> None:
    hold = TOLD["scaler"] | {"to": 1, "utilisation_pct": None, "reasons": None, "limits": []}
    told = list(lines(TOLD | {"scaler": hold}, "http://gw"))
    assert "Scaler: 5m ago, hold 1 pods, policy hpa" in told
    hold |= {"limits": ["OperatorHold"], "held_until": "2026-01-01T01:03:20.000+00:00"}
    told = list(lines(TOLD | {"scaler": hold}, "http://gw"))
    assert (
        "Scaler: 5m ago, hold 1 pods, held by OperatorHold until 01:03:20 UTC, policy hpa" in told
    )


def test_of_a_service_that_is_not_exposed_there_is_little() -> None:
    bare = TOLD | {"path": "", "rollout": None, "pods": [], "events": [], "scaler": None,
                   "pods_left_out": 0, "notes": [],
                   "definition": DEFINITION | {"expose": {}}}  # fmt: skip
    text = "\n".join(lines(bare, "http://gw"))
    assert "State:       not exposed" in text
    assert "URL" not in text
    assert "Scaler" not in text
    assert text.endswith("Pods: none\n\nEvents: none")


def test_a_service_that_was_never_scaled() -> None:
    assert "Scaler: no change of size so far" in list(lines(TOLD | {"scaler": None}, "http://gw"))


def test_an_open_service_needs_no_token() -> None:
    bare = DEFINITION | {"expose": {"set_auth": False}}
    assert curl(bare, "http://gw") == "curl http://gw/system/services/ocr/exposed/"


def test_no_events_are_no_table() -> None:
    assert events([], NOW) == []


def test_what_sleeps_says_since_when_and_after_what() -> None:
    expose = {**DEFINITION["expose"], "scaling": {"zero_after": "10m"}}
    state = {"state": "asleep", "reason": "x", "last_transition_time": "2026-01-01T00:48:00Z"}
    told = TOLD | {"definition": DEFINITION | {"expose": expose}, "deployment": state}
    text = "\n".join(lines(told, "http://gw"))
    assert "State:       asleep (12 m)" in text
    assert "Sleep:       no pods after 10m without a request (zero_after)" in text
    assert "Reason:" not in text
