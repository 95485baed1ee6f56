"""Frames, and what leads from one to the next."""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.admin.console import frame
from gateway.admin.console.frame import Frame


def test_a_row_that_stays_is_the_same_object() -> None:
    first = frame.rows({}, {"a": {"n": 1}, "b": {"n": 1}})
    second = frame.rows(first, {"a": {"n": 1}, "b": {"n": 2}})
    assert second["a"] is first["a"]
    assert second["b"] == b'{"n":2}'


def test_a_change_has_what_is_new_and_what_is_gone() -> None:
    old = Frame(1.0, b"{}", frame.rows({}, {"a": 1, "b": 1, "c": 1}), {"_unknown": b"1"})
    new = Frame(2.0, old.gateway, frame.rows(old.services, {"a": 1, "b": 2, "d": 1}), {})
    changed = frame.change(old, new)
    assert changed is not None
    assert json.loads(changed) == {
        "at": 2.0,
        "services": {"b": 2, "d": 1},
        "system": {},
        "removed": ["_unknown", "c"],
    }


def test_what_shows_the_same_is_no_change_and_the_gateway_alone_is_one() -> None:
    old = Frame(1.0, b'{"n":1}', {"a": b"1"})
    assert frame.change(old, replace(old, at=2.0)) is None
    changed = frame.change(old, replace(old, gateway=b'{"n":2}'))
    assert changed is not None
    assert json.loads(changed)["gateway"] == {"n": 2}
