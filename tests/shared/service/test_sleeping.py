"""What sleeps, what was woken, and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service.sleeping import asleep_since, is_woken, slept_at, wake_asked

SINCE = "2026-01-01T12:00:00Z"


def deployment(replicas: int, **marks: str) -> dict[str, Any]:
    annotations = {f"oscar.grycap.io/{key.replace('_', '-')}": text for key, text in marks.items()}
    return {"metadata": {"annotations": annotations}, "spec": {"replicas": replicas}}


@pytest.mark.parametrize(
    ("given", "since"),
    [
        (deployment(0, asleep_since=SINCE), SINCE),
        (deployment(0), ""),
        (deployment(1, asleep_since=SINCE), ""),  # a wake whose second write is still to come
        (deployment(0, asleep_since=SINCE, stopped="true"), ""),
        (deployment(0, asleep_since=SINCE, stopped="false"), SINCE),
    ],
)
def test_sleep_is_marked_and_nobody_stopped_it(given: dict[str, Any], since: str) -> None:
    assert asleep_since(given) == since


@pytest.mark.parametrize(
    ("wake", "woken"),
    [
        ("2026-01-01T12:00:00Z", True),  # the same second: rather a pod too many
        ("2026-01-01T14:00:00+02:00", True),
        ("2026-01-01T11:59:59.9Z", False),
        ("", False),
        ("soon", False),
    ],
)
def test_a_wake_counts_if_it_came_since(wake: str, woken: bool) -> None:
    assert is_woken(deployment(0, asleep_since=SINCE, wake=wake)) is woken
    assert not is_woken(deployment(2, asleep_since=SINCE, wake=wake))


def test_a_sleep_whose_time_is_damaged_can_be_woken() -> None:
    assert is_woken(deployment(0, asleep_since="once", wake=SINCE))
    assert not is_woken(deployment(0, asleep_since="once"))


def test_when_it_was_woken_is_known_whatever_its_size() -> None:
    assert wake_asked(deployment(3, wake="1970-01-01T00:01:00.5Z")) == 60.5
    assert wake_asked(deployment(0)) == 0.0
    assert slept_at(deployment(0, asleep_since="1970-01-01T00:01:00Z")) == 60.0
