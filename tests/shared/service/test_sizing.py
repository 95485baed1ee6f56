"""A sizing as the scaler writes it, and what is not taken for one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from shared.service.sizing import (
    EVENTS,
    LARGEST,
    NAME,
    PODS,
    SETTINGS,
    SHORT,
    WORDS,
    Leader,
    Setting,
    SizedPod,
    Sizing,
    SizingEvent,
    encoded,
    read,
    read_leader,
)

WHOLE = Sizing(
    service="ocr",
    standing="active",
    note="a note",
    decided=1_700_000_000.5,
    action="ScaleUp",
    sentence="scale up 1 → 2",
    current=1,
    wanted=2,
    asked=3,
    least=1,
    most=4,
    cpu_pct=90,
    target_pct=50,
    demand_m=900,
    awake="a request",
    hold="size 1 is held",
    hold_until=1_700_000_100.0,
    pods=(SizedPod("ocr-1", "ready", 90, 1_699_999_000.0, True, "", "words"),),
    settings=(Setting("zero_after", "10m", "expose.scaling"),),
    events=(SizingEvent(1_700_000_000.0, "SuccessfulRescale", "New size: 2", False, 1, 2),),
)


def test_every_field_comes_through() -> None:
    assert read(orjson.loads(encoded(WHOLE))) == WHOLE
    leader = Leader("scaler-1", "kubelet", 2, 1)
    assert read_leader(orjson.loads(orjson.dumps(leader))) == leader


def test_a_name_suffices_and_unknown_fields_are_left_out() -> None:
    assert read({"service": "ocr", "later": [1]}) == Sizing("ocr")
    assert read_leader({"name": "s", "later": 1}) == Leader("s")


def test_text_and_lists_are_bounded() -> None:
    long, many = "x" * 10_000, 1000
    found = read(
        {
            "service": "ocr",
            "sentence": long,
            "pods": [{"name": long, "waiting": long}] * many,
            "settings": [{"name": "n", "value": long, "layer": "l"}] * many,
            "events": [{"at": 1, "kind": "k", "words": long}] * many,
        }
    )
    assert len(found.sentence) == WORDS
    assert (len(found.pods), len(found.settings), len(found.events)) == (PODS, SETTINGS, EVENTS)
    assert (len(found.pods[0].name), len(found.pods[0].waiting)) == (NAME, SHORT)
    assert len(found.settings[0].value) == SHORT
    assert len(found.events[0].words) == WORDS


def test_whatever_it_holds_it_fits_into_a_message() -> None:
    words = "\N{FACE WITH TEARS OF JOY}" * WORDS
    pods = tuple(SizedPod(words[:NAME], words=words[:SHORT]) for _ in range(PODS))
    event = SizingEvent(1.0, "k", words)
    full = Sizing("ocr", sentence=words, current=3, pods=pods, events=(event,) * EVENTS)
    assert len(orjson.dumps(full)) > LARGEST
    assert len(encoded(full)) <= LARGEST
    assert read(orjson.loads(encoded(full))) == Sizing("ocr", sentence=words, current=3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", ""),
        ("service", 1),
        ("standing", None),
        ("decided", "now"),
        ("decided", -1),
        ("current", 1.5),
        ("current", True),
        ("wanted", -1),
        ("hold_until", 1e300),
        ("pods", {}),
        ("pods", ["ocr-1"]),
        ("pods", [{"name": 1}]),
        ("pods", [{"name": "a", "ready": 1}]),
        ("settings", [{"name": "a", "value": 3}]),
        ("events", [{"at": None}]),
        ("events", [{"at": 1, "before": "2"}]),
    ],
)
def test_what_is_wrong_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^(service|standing|decided|current|wanted|hold_until"
                       r"|pods|name|ready|value|at|before):"):  # fmt: skip
        read({"service": "ocr"} | {field: value})


@pytest.mark.parametrize("value", [{}, {"name": ""}, {"name": "s", "heard": None}])
def test_a_leader_has_a_name_and_counts(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(name|heard):"):
        read_leader(value)
