"""JSON Patch and JSON Merge Patch: the tables of their RFCs, and laws on arbitrary values."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.embedded.api import json_patch
from shared.embedded.api.json_patch import PatchError

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/~0", max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner),
    max_leaves=8,
)

POINTERS = st.sampled_from(["", "/a", "/b/0", "/a/-", "/~1", "/a/01", "/-", "a", "/~2"]) | SCALARS
OPERATIONS = SCALARS | st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "remove", "replace", "test", "move", "copy"]) | VALUES,
        "path": POINTERS,
        "from": POINTERS,
        "value": VALUES,
    },
)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [  # RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_of_the_rfc(target: Any, patch: Any, expected: Any) -> None:
    assert json_patch.merge(target, patch) == expected


@given(VALUES, VALUES)
def test_merging_twice_is_merging_once(target: Any, patch: Any) -> None:
    once = json_patch.merge(target, patch)
    assert json_patch.merge(once, patch) == once


@given(VALUES, VALUES)
def test_merging_leaves_the_inputs_alone(target: Any, patch: Any) -> None:
    before = copy.deepcopy((target, patch))
    json_patch.merge(target, patch)
    assert (target, patch) == before


@given(VALUES)
def test_a_value_without_nulls_merges_onto_nothing_as_itself(value: Any) -> None:
    clean = without_nulls(value)
    assert json_patch.merge({}, clean) == clean


@pytest.mark.parametrize(
    ("document", "operations", "expected"),
    [  # RFC 6902, appendix A
        ({"foo": "bar"}, [("add", "/baz", "qux")], {"baz": "qux", "foo": "bar"}),
        (
            {"foo": ["bar", "baz"]},
            [("add", "/foo/1", "qux")],
            {"foo": ["bar", "qux", "baz"]},
        ),
        ({"foo": ["bar"]}, [("add", "/foo/-", ["abc"])], {"foo": ["bar", ["abc"]]}),
        ({"baz": "qux", "foo": "bar"}, [("remove", "/baz")], {"foo": "bar"}),
        ({"foo": [1, 2, 3]}, [("remove", "/foo/1")], {"foo": [1, 3]}),
        ({"baz": "qux"}, [("replace", "/baz", "boo")], {"baz": "boo"}),
        ({"a": {"x": 1}, "b": {}}, [("move", "/b/y", "/a/x")], {"a": {}, "b": {"y": 1}}),
        ({"foo": [1, 2, 3]}, [("move", "/foo/2", "/foo/0")], {"foo": [2, 3, 1]}),
        ({"a": [1]}, [("copy", "/b", "/a"), ("add", "/b/-", 2)], {"a": [1], "b": [1, 2]}),
        ({"/": 9, "~1": 10}, [("test", "/~01", 10)], {"/": 9, "~1": 10}),
        ({"": 1}, [("replace", "/", 2)], {"": 2}),
        # kube-apiserver's own: an absent member is replaced, copied and tested as null
        ({"a": 1}, [("replace", "/b", 2)], {"a": 1, "b": 2}),
        ({"a": 1}, [("copy", "/c", "/b")], {"a": 1, "c": None}),
        ({"a": 1}, [("test", "/b", None)], {"a": 1}),
        ({"a": 1}, [("add", "/b")], {"a": 1, "b": None}),
        ({"a": [1, 2]}, [("add", "/a/-1", 3), ("remove", "/a/-2")], {"a": [1, 3]}),
        ({"a": [1, 2]}, [("replace", "/a/01", 3)], {"a": [1, 3]}),
    ],
)
def test_json_patch_of_the_rfc(document: Any, operations: list[Any], expected: Any) -> None:
    assert json_patch.apply(document, [operation(*each) for each in operations]) == expected


@pytest.mark.parametrize(
    "step",
    [
        {"op": "add", "path": "/baz/bat", "value": 1},
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/missing/inner", "value": 1},
        {"op": "replace", "path": "/list/3", "value": 1},
        {"op": "replace", "path": "", "value": {}},
        {"op": "test", "path": "/missing", "value": 1},
        {"op": "move", "path": "/a", "from": "/missing"},
        {"op": "add", "path": "/list/1x", "value": 1},
        {"op": "add", "path": "/list/-9", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "remove", "path": "/list/-"},
        {"op": "test", "path": "/one", "value": True},
        {"op": "test", "path": "/one", "value": "1"},
        {"op": "test", "path": "/list", "value": [True, 2, 3]},
        {"op": "remove", "path": ""},
        {"op": "move", "path": "/inner/x", "from": "/inner"},
        {"op": "add", "path": "no slash", "value": 1},
        {"op": "spoil", "path": "/a"},
        {"path": "/a"},
        "text",
    ],
)
def test_json_patch_refuses(step: Any) -> None:
    document = {"one": 1, "list": [1, 2, 3], "inner": {"y": 1}}
    before = copy.deepcopy(document)
    with pytest.raises(PatchError):
        json_patch.apply(document, [{"op": "add", "path": "/new", "value": 1}, step])
    assert document == before


def test_json_patch_has_a_limit() -> None:
    step = {"op": "test", "path": "", "value": {}}
    with pytest.raises(PatchError, match="10000"):
        json_patch.apply({}, [step] * 10_001)


@given(st.dictionaries(st.text("ab/~", min_size=1, max_size=3), VALUES), VALUES)
def test_what_is_added_can_be_tested_and_removed(document: dict[str, Any], value: Any) -> None:
    pointer = "/new~1key"
    added = json_patch.apply(document, [operation("add", pointer, value)])
    checked = json_patch.apply(added, [operation("test", pointer, value)])
    assert json_patch.apply(checked, [operation("remove", pointer)]) == document


@given(VALUES, st.lists(OPERATIONS, max_size=3))
def test_what_is_sent_is_applied_or_refused_and_left_alone(document: Any, patch: list[Any]) -> None:
    before = copy.deepcopy((document, patch))
    with contextlib.suppress(PatchError):
        json_patch.apply(document, patch)
    assert (document, patch) == before


def operation(name: str, path: str, *rest: Any) -> dict[str, Any]:
    key = "from" if name in ("move", "copy") else "value"
    return {"op": name, "path": path, **({key: rest[0]} if rest else {})}
