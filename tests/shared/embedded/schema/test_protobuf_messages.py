"""The table of messages is closed, and has every kind that is served and built in."""

from __future__ import annotations

from shared.embedded.declarations import KINDS
from shared.embedded.schema.protobuf_messages import (
    INLINE,
    SCALARS,
    Field,
    messages,
    named,
    parse,
)

FOREIGN = ("gateway.networking.k8s.io", "traefik.io", "metrics.k8s.io")
"""Groups that a real server has from elsewhere, and that nobody sends as protobuf."""


def test_every_type_is_a_scalar_or_a_message() -> None:
    types = {field.type for fields in messages().values() for field in fields.values()}
    assert types <= {*SCALARS, *messages()}


def test_names_are_unique_within_a_message() -> None:
    for fields in messages().values():
        assert len({field.name for field in fields.values()}) == len(fields)


def test_every_kind_that_is_built_in_has_its_message() -> None:
    for kind in KINDS:
        if kind.group not in FOREIGN:
            fields = messages()[named(kind.api_version, kind.kind)]
            assert fields[1] == Field("metadata", "meta.k8s.io/v1.ObjectMeta"), kind


def test_marks_are_read() -> None:
    table = """
[]
Quantity
  1 string string
[v1]
Gadget
  2 data {}bytes
  3 command []string
  4 size ?Quantity
  5 . Wheel
  6 meta ?meta.k8s.io/v1.ObjectMeta
"""
    assert parse(table)["v1.Gadget"] == {
        2: Field("data", "bytes", "map"),
        3: Field("command", "string", "list"),
        4: Field("size", "Quantity", pointer=True),
        5: Field(INLINE, "v1.Wheel"),
        6: Field("meta", "meta.k8s.io/v1.ObjectMeta", pointer=True),
    }
