"""Objects in protobuf, encoded by hand here; kubectl's own encoding is met in its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.embedded.schema import protobuf


def varint(value: int) -> bytes:
    out = b""
    value &= (1 << 64) - 1
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | str | bytes) -> bytes:
    """One field; text and bytes are written with their length, numbers as varints."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def envelope(api_version: str, kind: str, *fields: bytes) -> bytes:
    head = field(1, api_version) + field(2, kind)
    return b"k8s\x00" + field(1, head) + field(2, b"".join(fields)) + field(3, "") + field(4, "")


def meta(name: str, *more: bytes) -> bytes:
    """Field 1 of every object, with the empty strings and the empty time that Go writes."""
    fields = (field(1, name), field(2, ""), field(3, ""), field(7, 0), field(8, b""), *more)
    return field(1, b"".join(fields))


def spec(*fields: bytes) -> bytes:
    return field(2, b"".join(fields))


def decoded(kind: str, *fields: bytes) -> dict[str, Any]:
    version = {"Deployment": "apps/v1", "Lease": "coordination.k8s.io/v1"}.get(kind, "v1")
    return protobuf.decode(envelope(version, kind, *fields))


def test_a_configmap_has_its_type_name_and_maps() -> None:
    entry = field(1, "key") + field(2, "välue")
    labels = field(11, field(1, "a") + field(2, "1"))
    assert decoded("ConfigMap", meta("c", labels), field(2, entry)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "labels": {"a": "1"}},
        "data": {"key": "välue"},
    }


def test_bytes_become_base64() -> None:
    entry = field(1, "token") + field(2, b"\xff\x00")
    assert decoded("Secret", field(2, entry))["data"] == {"token": "/wA="}


def test_zeros_are_kept_where_they_mean_something() -> None:
    found = decoded("Deployment", spec(field(1, 0), field(5, 0), field(7, 0)))
    assert found["spec"] == {"replicas": 0}


def test_lists_and_nested_messages_keep_their_order() -> None:
    containers = [field(2, field(1, name) + field(3, "sh") + field(3, "-c")) for name in "ab"]
    template = field(3, spec(*containers))
    pod = decoded("Deployment", spec(template))["spec"]["template"]["spec"]
    assert pod["containers"] == [{"name": n, "command": ["sh", "-c"]} for n in "ab"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (field(1, 0) + field(2, 8080) + field(3, ""), 8080),
        (field(1, 1) + field(2, 0) + field(3, "http"), "http"),
        (b"", 0),
    ],
)
def test_a_port_is_a_number_or_a_name(raw: bytes, expected: int | str) -> None:
    port = field(1, field(3, 80) + field(4, raw))
    (found,) = decoded("Service", spec(port))["spec"]["ports"]
    assert found == {"port": 80, "targetPort": expected}


def test_negative_numbers_are_negative() -> None:
    assert decoded("Deployment", spec(field(1, -1)))["spec"]["replicas"] == -1


def test_a_quantity_is_its_text() -> None:
    request = field(2, field(1, "cpu") + field(2, field(1, "500m")))
    container = field(2, field(1, "main") + field(8, request))
    template = decoded("Deployment", spec(field(3, spec(container))))["spec"]["template"]
    assert template["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "500m"}}


def test_an_unknown_field_may_say_nothing_but_not_something() -> None:
    assert "spec" not in decoded("Namespace", field(2, field(9, b"") + field(8, 0)))
    why = "field 9 of NamespaceSpec is not read as protobuf; send JSON"
    with pytest.raises(ValueError, match=why):
        decoded("Namespace", field(2, field(9, "kubernetes")))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", "does not begin"),
        (envelope("v1", "Gadget"), "Gadget is not read"),
        (envelope("v1", "ConfigMap", b"\x0a\x7f"), "behind the end"),
        (envelope("v1", "ConfigMap", b"\x80"), "behind the end"),
        (envelope("v1", "ConfigMap", b"\x0b"), "wire type 3"),
        (envelope("v1", "ConfigMap", b"\xff" * 11), "more than 64 bits"),
        (envelope("v1", "ConfigMap", field(1, 5)), "bytes are expected"),
        (envelope("apps/v1", "Deployment", spec(field(1, "x"))), "number is expected"),
    ],
)
def test_a_body_that_is_wrong_is_refused_with_the_reason(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        protobuf.decode(body)


@pytest.mark.parametrize("kind", ["Gadget", "Deployment", ""])
def test_a_body_says_which_message_of_which_version_it_is(kind: str) -> None:
    with pytest.raises(ValueError, match="is not read as protobuf; send JSON"):
        protobuf.decode(envelope("v1", kind, meta("a")))


def test_options_are_those_of_every_version() -> None:
    found = protobuf.decode(envelope("apps/v1", "DeleteOptions", field(1, 0)))
    assert found["gracePeriodSeconds"] == 0


def test_times_are_written_as_in_json() -> None:
    created = field(8, field(1, 1_700_000_000) + field(2, 0))
    assert decoded("Namespace", meta("n", created))["metadata"] == {
        "name": "n",
        "creationTimestamp": "2023-11-14T22:13:20Z",
    }
    renewed = field(4, field(1, 1_700_000_000) + field(2, 5_000))
    assert decoded("Lease", spec(renewed))["spec"] == {"renewTime": "2023-11-14T22:13:20.000005Z"}
    with pytest.raises(ValueError, match="out of range"):
        decoded("Lease", spec(field(4, field(1, 1 << 60))))


def test_what_json_has_one_level_higher_is_put_there() -> None:
    volume = field(1, field(1, "v") + field(2, field(2, b"")))
    assert decoded("Pod", spec(volume))["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]


def test_deep_nesting_is_refused() -> None:
    nested = b""
    for _ in range(5000):
        nested = field(9, nested)
    with pytest.raises(ValueError, match="field 9"):
        decoded("Namespace", nested)


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_a_refusal(noise: bytes) -> None:
    for body in (b"k8s\x00" + noise, envelope("apps/v1", "Deployment", noise)):
        try:
            found = protobuf.decode(body)
        except ValueError:
            continue
        assert found["kind"]
