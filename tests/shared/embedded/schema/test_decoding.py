"""Bodies: Go's words for JSON errors, type checks, and that no body breaks the decoder."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.embedded import declarations, kinds
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT, POD
from shared.embedded.schema import kind_schemas
from shared.embedded.schema.decoding import decode, parse_json, parse_yaml, typed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "invalid character 'n' looking for beginning of object key string"),
        ("{", "unexpected end of JSON input"),
        ("", "unexpected end of JSON input"),
        ('{"a"', "unexpected end of JSON input"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 2}', "invalid character '2' after object key:value pair"),
        ('{"a":x}', "invalid character 'x' looking for beginning of value"),
        ('{"a":1}}', "invalid character '}' after top-level value"),
        ('{"a":NaN}', "the text is not strict JSON"),
    ],
)
def test_json_errors_are_told_as_go_tells_them(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_json(text.encode())


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"{not json", "({not json)"), (b"", "(<empty>)"), (b"\xffab", "(ff6162)")],
)
def test_a_refusal_shows_the_beginning_of_the_body(body: bytes, shown: str) -> None:
    with pytest.raises(StatusError) as refused:
        decode(body, POD, kind_schemas.POD)
    assert refused.value.message.endswith(shown)
    assert "must be of type Pod" in refused.value.message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"spec": {"replicas": "3"}},
            "cannot unmarshal string into Go struct field Deployment.spec.replicas of type",
        ),
        ({"spec": {"replicas": True}}, "cannot unmarshal bool"),
        ({"spec": {"replicas": 1.5}}, "cannot unmarshal number"),
        ({"spec": []}, "cannot unmarshal array"),
        ({"spec": {"template": {"spec": {"containers": {}}}}}, "of type []struct"),
        ({"spec": {"template": {"spec": {"containers": ["c"]}}}}, "cannot unmarshal string"),
        ({"metadata": {"labels": {"a": 1}}}, "Deployment.metadata.labels.a of type string"),
        ({"metadata": []}, "Deployment.metadata"),
    ],
)
def test_wrong_types_are_named_by_their_field(fields: Any, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        typed(fields, DEPLOYMENT, kind_schemas.DEPLOYMENT)
    assert refused.value.code == 400
    assert message in refused.value.message


def test_a_typed_object_is_a_copy_without_nulls() -> None:
    given_: dict[str, Any] = {
        "metadata": {"name": "a", "labels": None},
        "spec": {"own": {"x": None, "y": [None]}},
    }
    found = typed(given_, POD, kind_schemas.POD)
    assert found == {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "a"},
        "spec": {"own": {"y": [None]}},
    }
    found["spec"]["own"]["y"].append(1)
    assert given_["spec"]["own"] == {"x": None, "y": [None]}


def test_yaml_becomes_json() -> None:
    text = b"a: 2026-01-01\nb: [1, 2.5, yes, ~]\n3: x\n"
    assert parse_yaml(text) == {"a": "2026-01-01", "b": [1, 2.5, True, None], "3": "x"}
    assert parse_yaml(b' {"a": "\\u00e9"}') == {"a": "é"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "template", "containers", "name", "labels", "data"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "data", "status"]), JSON))
def test_any_object_is_decoded_or_refused(value: dict[str, Any]) -> None:
    for kind in (POD, DEPLOYMENT, CONFIG_MAP, kinds.SERVICE):
        try:
            found = typed(value, kind, declarations.of(kind).schema)
        except StatusError as error:
            code = error.code
        else:
            code = 200 if found["kind"] == kind.kind else 500
        assert code in (200, 400)
