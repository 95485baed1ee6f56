"""A gateway with a service in each state, made of numbers: what a board sees, and a clock by hand.

`python -m tests.gateway.admin.console.scene` writes the page's fixture anew.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.admin.console import frame
from gateway.admin.console.board import Board, Books, Facts
from gateway.admin.console.stream import dated
from gateway.admin.heard import Heard
from gateway.stats import BOUNDS
from gateway.troubles import Trouble
from shared.runtime.clock import ManualClock
from shared.service.progress import Phase, Progress
from shared.service.sizing import Leader, Setting, SizedPod, Sizing, SizingEvent

FIXTURE: Final = Path(__file__).with_name("fixture.json")
NOW: Final = 1_764_420_000.0
SENTENCE: Final = (
    "scale up 2 → 3: CPU 61% of its base, target 50%, samples up to 4 s old; demand 610m by "
    "arrivals ± 22m fit 94%; metrics ask 3, bounds 3; because UpNow"
)


def counts(**seconds: int) -> dict[str, Any]:
    """A histogram of so many observations below the bound of each place."""
    found = [0] * (len(BOUNDS) + 1)
    for place, count in seconds.items():
        found[int(place.strip("b"))] = count
    return {"counts": found, "total": 1.0}


def pod(name: str, in_flight: int = 0, **more: Any) -> dict[str, Any]:
    return {"pod": name, "in_flight": in_flight, "ejected": False} | more


def service(pods: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    ready = sum(
        not (one.get("unready") or one["ejected"] or one.get("ends")) for one in pods.values()
    )
    out = sum(one["ejected"] for one in pods.values())
    leaving = len(pods) - ready - out
    endpoints = {"ready": ready, "new": 0, "ejected": out, "leaving": leaving}
    return {"in_flight": 0, "waiting": 0, "endpoints": endpoints, "pods": pods,
            "stopped": False, "set_auth": True} | more  # fmt: skip


def numbers() -> dict[str, Any]:
    """A snapshot of the gateway."""
    return {
        "services": {
            "ocr": service(
                {"10.1.2.3:5000": pod("ocr-6c4d-x2x1a", 2),
                 "10.1.2.4:5000": pod("ocr-6c4d-k8s2b", 1),
                 "10.1.2.5:5000": pod("ocr-6c4d-9qfzz", ejected=True, returns_s=12.0,
                                      complaint="upstream_closed")},
                in_flight=3, tunnels=1, requests={"POST 200 upstream": 900, "POST 502 gateway": 2},
                first_byte=counts(b5=880, b9=20), failures={"upstream_closed": 2},
            ),
            "quiet": service({"10.1.3.1:80": pod("quiet-77aa-bbbbb")}, set_auth=False),
            "llm": service({"10.1.4.1:8000": pod("llm-1f2e-ccccc", unready=True)}, waiting=4),
            "night": service({}),
            "halted": service({}, stopped=True),
            "broken": service(
                {"10.1.5.1:80": pod("broken-9d9d-ddddd", 1, complaint="pod_5xx")},
                requests={"GET 200 upstream": 30, "GET 500 upstream": 20},
                first_byte=counts(b1=50), failures={"pod_5xx": 20},
            ),
            "crash": service({}),
            "_management": {"in_flight": 0, "waiting": 0, "endpoints": {"ready": 1},
                            "requests": {"GET 200 upstream": 12}, "first_byte": counts(b1=12)},
            "_unknown": {"requests": {"GET 404 gateway": 3}, "failures": {"unknown_service": 3}},
        },
        "ready": True, "why": "", "note": "", "age": 1.0, "stale": False, "invalid": 1,
        "invalid_names": {"typo": True}, "workers": 2, "connections": 120,
        "connections_limit": 20_000, "scalers": 1,
    }  # fmt: skip


TROUBLE: Final = Trouble(
    at=NOW - 5.0,
    method="POST",
    path="/system/services/ocr/exposed/recognize",
    status=502,
    reason="upstream_closed",
    source="gateway",
    queue_s=0.0,
    first_byte_s=None,
    duration_s=0.41,
    pod="ocr-6c4d-9qfzz",
    address="10.1.2.5:5000",
    retries=1,
    request_id="3f2a90bb17cc40d2",
)
SLOW: Final = replace(
    TROUBLE,
    at=NOW - 60.0,
    status=200,
    reason="",
    source="upstream",
    first_byte_s=3.2,
    duration_s=9.5,
    queue_s=1.1,
    retries=0,
)
SETTINGS: Final = (
    Setting("min_scale", "1", "definition"),
    Setting("max_scale", "4", "definition"),
    Setting("cpu_threshold", "50", "definition"),
    Setting("policy", "responsive", "default"),
    Setting("period", "2 s", "default"),
    Setting("zero_after", "10m", "expose.scaling"),
    Setting("tolerance.up", "0.2", "services.ocr"),
)
EVENTS: Final = (
    SizingEvent(
        *(NOW + 200.0, "SuccessfulRescale", "New size: 2; scale up 1 → 2: CPU 90% of its base"),
        before=1,
        after=2,
    ),
    SizingEvent(NOW + 580.0, "SuccessfulRescale", f"New size: 3; {SENTENCE}", False, 2, 3),
    SizingEvent(NOW + 590.0, "Pending", "a new pod finds no node", warning=True),
)


def sizing(name: str, **more: Any) -> Sizing:
    usual: dict[str, Any] = {
        "standing": "active", "decided": NOW - 2.0, "action": "None",
        "sentence": "hold 1: CPU 3% of its base, target 80%; metrics ask 1",
        "current": 1, "wanted": 1, "asked": 1, "least": 1, "most": 4, "cpu_pct": 3,
        "target_pct": 80, "demand_m": 30,
        "settings": (Setting("min_scale", "1", "definition"),
                     Setting("policy", "responsive", "default")),
    }  # fmt: skip
    return Sizing(service=name, **usual | more)


def heard() -> Heard:
    """What the scaler has told."""
    made = Heard()
    made.led(Leader("scaler-5f7c9-abcde", "metrics.k8s.io", 2, 1))
    made.sized(
        sizing(
            "ocr", action="ScaleUp", sentence=SENTENCE, current=2, wanted=3, asked=3, cpu_pct=61,
            target_pct=50, demand_m=610, awake="2 requests in the last minute",
            pods=(SizedPod("ocr-6c4d-x2x1a", "ready", 66, NOW - 4000.0, ready=True),
                  SizedPod("ocr-6c4d-k8s2b", "ready", 56, NOW - 900.0, ready=True),
                  SizedPod("ocr-6c4d-new00", "", None, NOW - 3.0)),
            settings=SETTINGS, events=EVENTS,
        )
    )  # fmt: skip
    made.sized(sizing("quiet", target_pct=80))
    made.sized(sizing("llm", current=1, wanted=1, cpu_pct=None, demand_m=None))
    nothing = {"sentence": "", "action": "", "decided": None, "wanted": None, "asked": None,
               "cpu_pct": None, "demand_m": None, "current": 0}  # fmt: skip
    made.sized(sizing("night", standing="asleep", **nothing))
    made.sized(sizing("halted", standing="stopped", note="the service is stopped", **nothing))
    hold = "size 1 set by kubectl is held until 13:05:00 UTC"
    paused = {"standing": "paused", "note": "scaling is paused by its configuration"}
    made.sized(sizing("broken", hold=hold, hold_until=NOW + 900.0, **paused))
    crash = SizedPod("crash-2b2b-eeeee", "unready", None, NOW - 120.0, waiting="CrashLoopBackOff")
    made.sized(sizing("crash", cpu_pct=None, demand_m=None, pods=(crash,)))
    since = NOW - 30.0
    made.progressed(Progress("llm", Phase.STARTING, "its container runs", since, 45.0, 1))
    made.progressed(Progress("night", Phase.ASLEEP, "it sleeps, and the scaler is asked to wake it",
                             NOW - 7200.0, 12.5))  # fmt: skip
    made.progressed(Progress("halted", Phase.STOPPED, "the service is stopped"))
    made.progressed(
        Progress("crash", Phase.CRASHING, "CrashLoopBackOff: exit code 1", since, None, 1)
    )
    return made


class Scene:
    """The board, its clock, and the numbers it looks at, which a test may change."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.heard = heard()
        self.numbers = numbers()
        self.looks = 0
        books = Books(self._look, self._troubles, self.heard)
        facts = Facts("gateway-7d9f-abcde", "0.1.0", "http://<gateway>:8080")
        self.board = Board(books, facts, self.clock)

    @property
    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = self.numbers["services"]
        return found

    async def _look(self) -> dict[str, Any]:
        self.looks += 1
        found: dict[str, Any] = orjson.loads(orjson.dumps(self.numbers))
        return found

    async def _troubles(self, name: str) -> dict[str, Any]:
        return {"failed": [TROUBLE], "slow": [SLOW]} if name == "ocr" else {}

    async def look(self, seconds: float = 1.0) -> None:
        """Time goes on, and the board looks."""
        await self.clock.advance(seconds)
        await self.board.fresh()

    def _size(self, now: int, wanted: int, cpu: int) -> None:
        known = self.heard.sizes["ocr"]
        self.heard.sizes["ocr"] = replace(
            known, current=now, wanted=wanted, asked=wanted, cpu_pct=cpu, demand_m=cpu * now * 10
        )

    def whole(self) -> dict[str, Any]:
        """The message that tells everything."""
        found: dict[str, Any] = json.loads(frame.whole(self.board.frame, self.board.history))
        return found

    async def service(self, name: str) -> dict[str, Any]:
        body = await self.board.service(name)
        assert body is not None
        found: dict[str, Any] = json.loads(dated(body, self.board.frame.at))
        return found

    async def live(self, points: int) -> None:
        """So many points of a load that comes in waves."""
        for index in range(points):
            wave = 8 + index % 20
            ocr, broken = self.services["ocr"], self.services["broken"]
            ocr["requests"]["POST 200 upstream"] += wave * 4
            ocr["first_byte"]["counts"][5 + index % 3] += wave * 4
            ocr["in_flight"] = 1 + index % 5
            self._size(1 + (index > 20), 1 + (index > 19) + (index > 57), 30 + 4 * (index % 20))
            broken["requests"]["GET 500 upstream"] += index % 3
            broken["failures"]["pod_5xx"] += index % 3
            broken["first_byte"]["counts"][1] += index % 3
            await self.look(10.0)


async def fixture() -> dict[str, Any]:
    """Every message that the page gets, of this scene."""
    scene = Scene()
    await scene.live(60)
    state, before = scene.whole(), scene.board.frame
    scene.services["ocr"]["in_flight"] = 7
    await scene.look()
    changed = frame.change(before, scene.board.frame)
    assert changed is not None
    return {
        "state": state,
        "changes": [json.loads(changed)],
        "points": [{"ends": scene.board.history.ends, "series": scene.board.history.point()}],
        "services": {name: await scene.service(name) for name in scene.services},
    }


def written(value: dict[str, Any]) -> bytes:
    """As the file has it."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    FIXTURE.write_bytes(written(asyncio.run(fixture())))
