"""Sets of field paths: what is stated, what changed, and the FieldsV1 form."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.embedded.api import fields
from shared.embedded.schema import kind_schemas, shapes

SCHEMA = kind_schemas.POD
CONTAINER = 'k:{"name":"a"}'
STEPS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])


def pod(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "a", **container}]}}


def test_an_applier_owns_leaves_and_list_items() -> None:
    config = {"metadata": {"labels": {"x": "y"}, "finalizers": ["f"]}, **pod(image="i")}
    inside = ("f:spec", "f:containers", CONTAINER)
    assert set(fields.stated(config, SCHEMA)) == {
        ("f:metadata", "f:labels", "f:x"),
        ("f:metadata", "f:finalizers", 'v:"f"'),
        inside,
        (*inside, "f:name"),
        (*inside, "f:image"),
    }


def test_changes_are_leaves_and_what_appears_around_them() -> None:
    old = {**pod(image="i"), "metadata": {"labels": {"a": "1", "b": "2"}}}
    new = {**pod(image="j"), "metadata": {"labels": {"a": "1"}, "annotations": {"c": "3"}}}
    changes = fields.compare(old, new, SCHEMA)
    assert changes.written == {
        ("f:spec", "f:containers", CONTAINER, "f:image"),
        ("f:metadata", "f:annotations"),
        ("f:metadata", "f:annotations", "f:c"),
    }
    assert changes.removed == {("f:metadata", "f:labels", "f:b")}


def test_atomic_lists_change_as_a_whole() -> None:
    old = {"spec": {"tolerations": [{"key": "a"}]}}
    new = {"spec": {"tolerations": [{"key": "a"}, {"key": "b"}]}}
    assert fields.compare(old, new, SCHEMA).written == {("f:spec", "f:tolerations")}


def test_the_order_of_keyed_items_owns_nothing() -> None:
    items = [{"name": "a"}, {"name": "b"}]
    old, new = {"spec": {"volumes": items}}, {"spec": {"volumes": items[::-1]}}
    assert fields.compare(old, new, SCHEMA) == (fields.NOTHING, fields.NOTHING)


def test_keys_may_be_defaulted() -> None:
    ports: shapes.Schema = SCHEMA
    for name in ("spec", "containers"):
        ports = shapes.child(ports, name)
    assert isinstance(ports, shapes.List)
    described = shapes.child(ports.item, "ports")
    assert isinstance(described, shapes.List)
    step = fields.item_step({"containerPort": 80}, described)
    assert step == 'k:{"containerPort":80,"protocol":"TCP"}'


def test_paths_are_shown_as_in_messages() -> None:
    path = ("f:spec", "f:containers", 'k:{"containerPort":80,"protocol":"TCP"}', "f:image")
    assert fields.text(path) == '.spec.containers[containerPort=80,protocol="TCP"].image'


def test_removal_takes_whole_subtrees() -> None:
    value = {"spec": {"containers": [{"name": "a", "image": "i"}, {"name": "b"}]}}
    gone: fields.Paths = frozenset({("f:spec", "f:containers", CONTAINER)})
    assert fields.without(value, gone, SCHEMA) == {"spec": {"containers": [{"name": "b"}]}}
    gone = frozenset({("f:spec", "f:containers", CONTAINER, "f:image")})
    assert fields.without(value, gone, SCHEMA)["spec"]["containers"][0] == {"name": "a"}


@given(st.frozensets(st.lists(STEPS, min_size=1, max_size=4).map(tuple), max_size=8))
def test_fields_v1_keeps_every_path(paths: fields.Paths) -> None:
    assert frozenset(fields.from_json(fields.to_json(paths))) == paths
