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
from shared.embedded.schema.decoding import decode, typed
from shared.embedded.schema.parsing import parse_json, parse_yaml


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


def resources(requests: Any) -> dict[str, Any]:
    containers = [{"name": "c", "resources": {"requests": requests}}]
    return {"spec": {"template": {"spec": {"containers": containers}}}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"spec": {"replicas": "3"}},
            "string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        ({"spec": {"replicas": True}}, "cannot unmarshal bool"),
        ({"spec": {"replicas": 1.5}}, "cannot unmarshal number 1.5 into"),
        ({"spec": {"replicas": 2**31}}, "cannot unmarshal number 2147483648 into"),
        ({"spec": []}, "cannot unmarshal array"),
        ({"spec": {"template": {"spec": {"containers": {}}}}}, "of type []v1.Container"),
        (
            {"spec": {"template": {"spec": {"containers": ["c"]}}}},
            "Go struct field PodSpec.spec.template.spec.containers of type v1.Container",
        ),
        (
            {"spec": {"template": {"spec": {"nodeSelector": {"a": 1}}}}},
            "number into Go struct field PodSpec.spec.template.spec.nodeSelector of type string",
        ),
        (resources({"cpu": "much"}), "a Deployment: quantities must match the regular expression"),
        (resources({"cpu": True}), "a Deployment: quantities must match the regular expression"),
        (resources({"cpu": "1Zi"}), "a Deployment: quantities must match the regular expression"),
        (resources({"cpu": "1mm"}), "a Deployment: unable to parse quantity's suffix"),
        (
            resources(["cpu"]),
            "Go struct field ResourceRequirements.spec.template.spec.containers."
            "resources.requests of type v1.ResourceList",
        ),
        (
            {"spec": {"strategy": {"rollingUpdate": {"maxSurge": True}}}},
            "json: cannot unmarshal bool into Go value of type int32",
        ),
        ({"metadata": {"labels": {"a": 1}}}, "ObjectMeta.metadata.labels of type string"),
        ({"spec": {"strategy": {"type": 1}}}, "of type v1.DeploymentStrategyType"),
        ({"metadata": []}, "Deployment.metadata of type v1.ObjectMeta"),
        ({"metadata": {"creationTimestamp": "now"}}, 'cannot parse "now" as "2006"'),
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
    found = typed(given_, kinds.MIDDLEWARE, kind_schemas.GENERIC)
    assert found == {
        "kind": "Middleware",
        "apiVersion": "traefik.io/v1alpha1",
        "metadata": {"name": "a"},
        "spec": {"own": {"y": [None]}},
    }
    found["spec"]["own"]["y"].append(1)
    assert given_["spec"]["own"] == {"x": None, "y": [None]}


def test_nothing_unknown_is_kept_and_all_of_it_is_told() -> None:
    container = {"name": "c", "Image": "i", "env": [{"name": "A", "valu": "1"}, {"name": "B"}]}
    sent = {"metadata": {"lables": {}}, "spec": {"containers": [container], "x": None}, "y": 1}
    strict: list[str] = []
    found = typed(sent, POD, kind_schemas.POD, strict)
    assert found["spec"] == {"containers": [{"name": "c", "env": [{"name": "A"}, {"name": "B"}]}]}
    assert found["metadata"] == {}
    assert "y" not in found
    assert strict == [
        'unknown field "metadata.lables"',
        'unknown field "spec.containers[0].Image"',
        'unknown field "spec.containers[0].env[0].valu"',
        'unknown field "spec.x"',
        'unknown field "y"',
    ]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            {"kind": "Pod", "apiVersion": "v1"},
            'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to '
            "(apps.Deployment): unknown conversion",
        ),
        ({"apiVersion": "apps/v1beta1"}, "the API version in the data (apps/v1beta1) does not"),
        (
            {"kind": "Deploiment", "apiVersion": "apps/v1"},
            'no kind "Deploiment" is registered for version "apps/v1" in scheme',
        ),
        ({"kind": 1}, "cannot unmarshal number into Go struct field .kind of type string"),
    ],
)
def test_an_object_of_another_kind_is_refused(sent: dict[str, Any], message: str) -> None:
    with pytest.raises(StatusError) as refused:
        typed(sent, DEPLOYMENT, kind_schemas.DEPLOYMENT)
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"data": {"a": None}}, {"data": {"a": ""}}),
        ({"data": {}}, {}),
        ({"binaryData": {"a": "YQ==\n"}}, {"binaryData": {"a": "YQ=="}}),
        ({"data": None, "immutable": False}, {"immutable": False}),  # a pointer
    ],
)
def test_values_are_as_go_writes_them(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    found = typed(fields, CONFIG_MAP, kind_schemas.CONFIG_MAP)
    del found["kind"], found["apiVersion"], found["metadata"]
    assert found == expected


def test_zeros_are_left_out_unless_go_shows_them() -> None:
    container = {"name": "", "image": "", "stdin": False, "env": [{"name": "A", "value": ""}]}
    sent = {"spec": {"containers": [container], "hostNetwork": False, "activeDeadlineSeconds": 0}}
    assert typed(sent, POD, kind_schemas.POD)["spec"] == {
        "containers": [{"name": "", "env": [{"name": "A"}]}],
        "activeDeadlineSeconds": 0,
    }
    assert typed(sent, POD, kind_schemas.POD, whole=True)["spec"] == sent["spec"]


def strict_errors(body: str, *, yaml_body: bool = False) -> list[str]:
    found: list[str] = []
    decode(body.encode(), CONFIG_MAP, kind_schemas.CONFIG_MAP, yaml_body=yaml_body, strict=found)
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"data":{"a":"1"}}', []),
        ('{"data" : {"a": "\\"b\\":"}}', []),
        ('{"metadata":{"name":"a","name":"b"}}', ['duplicate field "metadata.name"']),
        ('{"metadata" :{"name":"a","name":"b"}}', ['duplicate field "metadata.name"']),
        ('{"data":{"a":"1","a":"2","a":"3"}}', ['duplicate field "data.a"']),
        (
            '{"x":1,"data":{},"data":{},"metadata":{"ownerReferences":[{"uid":"1","uid":"2"}]}}',
            [
                'unknown field "x"',
                'duplicate field "data"',
                'duplicate field "metadata.ownerReferences[0].uid"',
            ],
        ),
    ],
)
def test_fields_that_are_written_twice_are_told(body: str, expected: list[str]) -> None:
    assert strict_errors(body) == expected


def test_yaml_keys_that_are_written_twice_are_told_with_their_line() -> None:
    body = "metadata:\n  name: a\n  name: b\ndata: {x: '1'}\ndata: {}\nfoo: 1\n"
    assert strict_errors(body, yaml_body=True) == [
        'yaml: unmarshal errors:\n  line 3: key "name" already set in map\n'
        '  line 5: key "data" already set in map',
        'unknown field "foo"',
    ]


def test_yaml_becomes_json() -> None:
    text = b"a: 2026-01-01\nb: [1, 2.5, yes, ~]\n3: x\ny: 1:30\nm: [0644, 0o17, 0x1f, 1e3, n]\n"
    assert parse_yaml(text) == {
        "a": "2026-01-01",
        "b": [1, 2.5, True, None],
        "3": "x",
        "true": "1:30",
        "m": [420, 15, 31, 1000.0, False],
    }
    assert parse_yaml(b"a: &x {b: 1}\nc:\n  <<: *x\n  d: 'no'\n") == {
        "a": {"b": 1},
        "c": {"b": 1, "d": "no"},
    }
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
