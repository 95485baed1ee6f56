"""Which Events are about a service, and what is told of each."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.events import MOST, About, events_json


@pytest.mark.parametrize(
    ("kind", "name", "ours"),
    [
        ("Deployment", "a-dlp", True),
        ("Deployment", "a-dlp-dlp", False),
        ("ReplicaSet", "a-dlp-7d9f", True),
        ("ReplicaSet", "a-dlp-dlp-7d9f", False),
        ("Pod", "a-dlp-7d9f-x2x2x", True),
        ("Pod", "a-dlp-dlp-7d9f-x2x2x", False),
        ("Pod", "b-a-dlp-7d9f-x2x2x", False),
        ("Pod", "a-dlp-7d9f", False),
        ("Service", "a-svc", True),
        ("Service", "b-svc", False),
        ("Node", "a-dlp", False),
    ],
)
def test_which_are_about_a_service(kind: str, name: str, ours: bool) -> None:
    about = About("a-dlp", ("Service", "a-svc"))
    assert about({"regarding": {"kind": kind, "name": name}}) is ours


def test_one_about_nothing_is_about_nobody() -> None:
    assert not About("a-dlp")({"metadata": {"name": "x"}})


def event(name: str, **fields: Any) -> dict[str, Any]:
    created = {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": created, "regarding": {"kind": "Pod", "name": "p"}, **fields}


def test_both_forms_of_events_are_read() -> None:
    new = event(
        "new",
        eventTime="2026-01-01T00:00:01.000000Z",
        series={"count": 3, "lastObservedTime": "2026-01-01T00:00:09.000000Z"},
        reportingController="scaler",
        type="Warning",
        reason="Why",
        note="words",
    )
    old = event(
        "old",
        deprecatedLastTimestamp="2026-01-01T00:00:05Z",
        deprecatedCount=7,
        deprecatedSource={"component": "kubelet"},
    )
    bare = event("bare")
    told = events_json([new, old, bare])
    assert [(one["id"], one["count"], one["source"]) for one in told] == [
        ("bare", 1, ""),
        ("old", 7, "kubelet"),
        ("new", 3, "scaler"),
    ]
    assert told[-1] == {
        "id": "new",
        "time": "2026-01-01T00:00:09.000000Z",
        "type": "Warning",
        "reason": "Why",
        "object": "Pod/p",
        "note": "words",
        "count": 3,
        "source": "scaler",
    }


def test_of_many_the_newest_are_told() -> None:
    times = (f"2026-01-01T00:{minute:02}:00Z" for minute in range(59))
    told = events_json(event(time, deprecatedLastTimestamp=time) for time in times)
    assert len(told) == MOST
    assert told[-1]["id"] == "2026-01-01T00:58:00Z"
