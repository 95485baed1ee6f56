"""Every message has the fields that the page reads; the fixture is what the page is made by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway.admin.console.scene import FIXTURE, Scene, fixture, written

STATES = {"ready", "starting", "asleep", "stopped", "failing"}
TEXT, FLAG, NUMBER, WHOLE = (str,), (bool,), (int, float), (int,)
MAYBE = (int, float, type(None))
NAME = (str, type(None))

GATEWAY: dict[str, Any] = {
    "name": TEXT, "state": TEXT, "why": TEXT, "version": TEXT, "workers": WHOLE,
    "workers_silent": WHOLE, "connections": WHOLE, "connections_limit": WHOLE,
    "table_confirmed": MAYBE, "table_stale": FLAG, "invalid": (list,), "invalid_count": WHOLE,
    "scaler": {"connected": FLAG, "since": MAYBE, "name": NAME, "source": NAME, "gateways": MAYBE,
               "gateways_silent": MAYBE},
}  # fmt: skip
ROW: dict[str, Any] = {
    "state": TEXT, "why": TEXT, "since": MAYBE, "quiet": FLAG, "requests_1m": WHOLE,
    "errors_1m": WHOLE, "p50_s": MAYBE, "p99_s": MAYBE, "in_flight": WHOLE, "waiting": WHOLE,
    "tunnels": WHOLE, "cpu_pct": MAYBE, "cpu_target_pct": MAYBE,
    "replicas": dict.fromkeys(("now", "ready", "wanted", "min", "max"), MAYBE),
    "decision": (dict, type(None)), "standing": NAME, "note": TEXT, "old": FLAG, "ejected": WHOLE,
    "set_auth": FLAG,
}  # fmt: skip
DECISION = {"at": NUMBER, "action": TEXT, "words": TEXT}
SERIES = dict.fromkeys(("requests", "errors", "p50_s", "p99_s"), (list,))
LEVELS = ("in_flight", "waiting", "ready", "replicas", "wanted", "asked", "cpu_pct", "demand_m")
POD = {
    "name": TEXT, "address": TEXT, "state": TEXT, "why": TEXT, "until": MAYBE, "started": MAYBE,
    "cpu_pct": MAYBE, "class": NAME, "in_flight": WHOLE,
}  # fmt: skip
REQUEST = {
    "at": NUMBER, "method": TEXT, "path": TEXT, "status": WHOLE, "reason": TEXT, "source": TEXT,
    "queue_s": NUMBER, "first_byte_s": MAYBE, "duration_s": NUMBER, "pod": TEXT, "address": TEXT,
    "retries": WHOLE, "request_id": TEXT,
}  # fmt: skip
EVENT = {
    "at": NUMBER, "source": TEXT, "kind": TEXT, "words": TEXT, "warning": FLAG, "from": MAYBE,
    "to": MAYBE,
}  # fmt: skip
SERVICE: dict[str, Any] = {
    "at": NUMBER, "name": TEXT, "row": ROW, "curl": TEXT, "pods": [POD],
    "timeline": {"ends": NUMBER, "period_s": NUMBER, **SERIES, **dict.fromkeys(LEVELS, (list,))},
    "cpu_target_pct": MAYBE, "errors": [{"reason": TEXT, "count": WHOLE, "recent": WHOLE}],
    "failed": [REQUEST], "slow": [REQUEST], "events": [EVENT],
    "settings": [dict.fromkeys(("name", "value", "layer"), TEXT)], "awake": TEXT, "hold": TEXT,
    "hold_until": MAYBE, "progress": (dict, type(None)),
}  # fmt: skip


def check(value: Any, shape: Any, path: str = "") -> None:
    """`value` has exactly these fields, each of one of the types."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), path
        assert value.keys() == shape.keys(), path
        for name, inner in shape.items():
            check(value[name], inner, f"{path}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), path
        for index, item in enumerate(value):
            check(item, shape[0], f"{path}[{index}]")
    else:
        assert type(value) in shape, f"{path}: {value!r}"


@pytest.fixture(scope="module")
def messages() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIXTURE.read_bytes())
    return found


async def test_the_fixture_is_what_is_told_of_the_scene() -> None:
    """Else: python -m tests.gateway.admin.console.scene."""
    assert FIXTURE.read_bytes() == written(await fixture())


def test_the_state_is_whole(messages: dict[str, Any]) -> None:
    state = messages["state"]
    assert state.keys() == {"at", "period_s", "gateway", "services", "system", "history"}
    check(state["gateway"], GATEWAY)
    for row in (*state["services"].values(), *state["system"].values()):
        check(row, ROW)
        if row["decision"] is not None:
            check(row["decision"], DECISION)
        assert row["state"] in STATES
    assert {row["state"] for row in state["services"].values()} == STATES
    assert state["system"].keys() == {"_management", "_unknown"}
    for series in state["history"]["series"].values():
        check(series, SERIES)
        assert {len(values) for values in series.values()} == {60}


def test_changes_and_points_have_what_they_change(messages: dict[str, Any]) -> None:
    (changed,) = messages["changes"]
    assert changed["services"].keys() == {"ocr"}
    check(changed["services"]["ocr"], ROW)
    (point,) = messages["points"]
    assert point["ends"] == messages["state"]["history"]["ends"]
    for values in point["series"].values():
        check(values, {"requests": WHOLE, "errors": WHOLE, "p50_s": MAYBE, "p99_s": MAYBE})


def test_each_service_is_told_whole(messages: dict[str, Any]) -> None:
    for name, told in messages["services"].items():
        check(told, SERVICE, name)
        lengths = {len(each) for each in told["timeline"].values() if isinstance(each, list)}
        assert len(lengths) == 1
    assert messages["services"]["llm"]["progress"]["phase"] == "starting"
    marked = [one for one in messages["services"]["ocr"]["events"] if one["to"] is not None]
    assert [(one["from"], one["to"]) for one in marked] == [(2, 3), (1, 2)]


async def test_without_a_scaler_all_it_told_is_marked_as_old() -> None:
    scene = Scene()
    await scene.look()
    assert not scene.whole()["services"]["ocr"]["old"]
    scene.numbers["scalers"] = 0
    await scene.look()
    told = scene.whole()
    assert told["gateway"]["scaler"]["connected"] is False
    assert told["gateway"]["scaler"]["since"] == scene.clock.now()
    assert told["services"]["ocr"]["old"] is True
    assert told["services"]["ocr"]["cpu_pct"] == 61
    assert "no scaler" in told["services"]["night"]["why"]
