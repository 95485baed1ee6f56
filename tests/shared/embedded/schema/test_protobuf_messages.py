"""The table of messages is closed, and has what kubectl creates on its own."""

from __future__ import annotations

import pytest

from shared.embedded.declarations import KINDS
from shared.embedded.schema.protobuf_messages import MESSAGES, Field

SCALARS = {"string", "bytes", "int", "bool"}


def test_every_type_is_a_scalar_or_a_message() -> None:
    types = {field.type for fields in MESSAGES.values() for field in fields.values()}
    assert types <= SCALARS | MESSAGES.keys()


def test_names_are_unique_within_a_message() -> None:
    for fields in MESSAGES.values():
        assert len({field.name for field in fields.values()}) == len(fields)


@pytest.mark.parametrize(
    "kind", ["ConfigMap", "Secret", "Deployment", "Namespace", "SelfSubjectAccessReview"]
)
def test_kinds_that_kubectl_makes_are_served(kind: str) -> None:
    assert kind in {each.kind for each in KINDS}
    assert MESSAGES[kind][1] == Field("metadata", "ObjectMeta")


def test_marks_are_read() -> None:
    assert MESSAGES["Secret"][2] == Field("data", "bytes", "map")
    assert MESSAGES["Container"][3] == Field("command", "string", "list")
    assert MESSAGES["DeploymentSpec"][1] == Field("replicas", "int", pointer=True)
