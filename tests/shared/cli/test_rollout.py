"""Waiting for a rollout: what is said, once each, and how it ends; in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from shared.cli.exits import NotReadyError, UnreachableError
from shared.cli.rollout import Told, failure, is_done, progress, until_ready
from shared.runtime.clock import SystemClock

STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
         "message": "too late"}  # fmt: skip


def described(updated: int = 0, available: int = 0, old: int = 0, **more: Any) -> dict[str, Any]:
    """A service of two pods, so many of them started and ready."""
    done = updated == available == 2 and not old
    rollout = {"wanted": 2, "updated": updated, "available": available, "old": old,
               "complete": done, "conditions": []}  # fmt: skip
    answer = {"path": "/system/services/one/exposed/", "rollout": rollout, "pods": [], "events": [],
              "time": "2026-11-28T22:00:10Z", "deployment": {"reason": ""}}  # fmt: skip
    return answer | more


def pod(state: str, reason: str = "", *, ready: bool = False) -> dict[str, Any]:
    return {"name": "one-x", "state": state, "reason": reason, "ready": ready}


class Api:
    """Describes the service in one way after another, the last for ever."""

    def __init__(self, *answers: dict[str, Any] | UnreachableError) -> None:
        self.answers = list(answers)

    async def describe(self, name: str) -> dict[str, Any]:
        assert name == "one"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, UnreachableError):
            raise answer
        return answer


class Sleepless(SystemClock):
    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


async def waited(
    *answers: dict[str, Any] | UnreachableError, seconds: float | None = 60.0
) -> list[str]:
    said: list[str] = []
    await until_ready(Api(*answers), "one", seconds, Sleepless(), said.append)  # type: ignore[arg-type]
    return said


async def test_progress_is_said_when_it_changes() -> None:
    assert await waited(
        described(0, 0, 2), described(1, 0, 2), described(1, 0, 2), described(2, 2)
    ) == [
        "service/one 0 of 2 pods started, 0 ready, 2 of the version before",
        "service/one 1 of 2 pods started, 0 ready, 2 of the version before",
        "service/one 2 of 2 pods started, 2 ready",
        "service/one runs",
    ]


async def test_a_time_out_tells_what_the_pods_say() -> None:
    stuck = described(
        1,
        deployment={"reason": "MinimumReplicasUnavailable: no"},
        pods=[
            pod("ImagePullBackOff", "no such image"),
            pod("Running", ready=True),
            pod("CrashLoopBackOff", "CrashLoopBackOff: it ended with exit code 3"),
            pod("Pending"),
        ],
    )
    with pytest.raises(NotReadyError) as caught:
        await waited(stuck, seconds=5)
    assert caught.value.exit_code == 3
    assert caught.value.message == (
        "service/one is not ready after 5 s: MinimumReplicasUnavailable: no\n"
        "  pod one-x: ImagePullBackOff: no such image\n"
        "  pod one-x: CrashLoopBackOff: it ended with exit code 3\n"
        "  pod one-x: Pending\n"
        "see `exposed describe one` and `exposed logs one`"
    )


async def test_a_failed_rollout_is_not_waited_for() -> None:
    failed = described(1, pods=[pod("CrashLoopBackOff")])
    failed["rollout"]["conditions"] = [STUCK]
    with pytest.raises(NotReadyError, match="does not come up: ProgressDeadlineExceeded: too late"):
        await waited(described(), failed)
    assert "pod one-x: CrashLoopBackOff" in failure(failed)


async def test_an_api_that_is_away_for_a_while_is_waited_for() -> None:
    away = UnreachableError("nobody there")
    assert (await waited(described(), away, described(2, 2)))[-1] == "service/one runs"
    with pytest.raises(NotReadyError, match="not ready after 3 s: nobody there"):
        await waited(away, seconds=3)


def test_events_are_told_once_and_none_of_before() -> None:
    def event(number: int, second: int, count: int = 1) -> dict[str, Any]:
        return {"id": f"e{number}", "time": f"2026-11-28T22:00:{second:02}Z", "count": count,
                "object": "Pod/one-x", "reason": "Pulled", "note": f"image {number}"}  # fmt: skip

    said: list[str] = []
    told = Told("one", said.append)
    told.tell(described(events=[event(1, 4), event(2, 6)]), 4.0)
    told.tell(described(events=[event(2, 6), event(2, 7, 2), event(3, 8)]), 4.0)
    assert [line for line in said if "Pulled" in line] == [
        "  Pod/one-x: Pulled: image 2",
        "  Pod/one-x: Pulled: image 3",
    ]


@pytest.mark.parametrize(
    ("description", "line", "done"),
    [
        ({"path": "", "rollout": None}, "is not exposed", True),
        ({"path": "/x", "rollout": None}, "has no pods yet", False),
        ({"rollout": {"wanted": 0, "complete": True}}, "is stopped", True),
        (described(2, 1), "2 of 2 pods started, 1 ready", False),
    ],
)
def test_without_pods(description: dict[str, Any], line: str, done: bool) -> None:
    assert progress(description) == line
    assert is_done(description) is done


async def test_without_a_limit_it_waits_for_as_long_as_a_start_may_take() -> None:
    told = {**described(0, 0), "definition": {"expose": {"startup_timeout": 30}}}
    with pytest.raises(NotReadyError, match="is not ready after 330 s"):
        await waited(*[told] * 400, seconds=None)
    with pytest.raises(NotReadyError, match="is not ready after 900 s"):
        await waited(*[described(0, 0)] * 1000, seconds=None)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("asleep", "sleeps until somebody asks for it"),
        ("pending", "is waking up"),
        ("stopped", "is stopped"),
        ("unavailable", "is stopped"),
    ],
)
def test_why_there_are_no_pods(state: str, line: str) -> None:
    none = described()
    none["rollout"]["wanted"] = 0
    assert progress(none | {"deployment": {"state": state}}) == line
