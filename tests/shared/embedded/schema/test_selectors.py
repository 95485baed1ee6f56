"""Label and field selectors: what matches, and what is refused with Kubernetes' words."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, EVENT, EVENT_V1, POD, Kind
from shared.embedded.schema.selectors import (
    field_predicate,
    label_predicate,
    selector_text,
    selects,
)

LABELS = {"app": "web", "tier": "front", "n": "5"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app=web,tier=back", False),
        ("app!=web", False),
        ("missing!=x", True),
        ("app in (web, db)", True),
        ("app in (db)", False),
        ("app notin (db),tier", True),
        ("missing notin (db)", True),
        ("missing", False),
        ("!missing", True),
        ("!app", False),
        ("app=", False),
        ("app in (,web)", True),
        ("n>4", True),
        ("n<4", False),
        ("app>4", False),
        ("example.com/role=x", False),
    ],
)
def test_labels(selector: str, matches: bool) -> None:
    predicate = label_predicate(selector)
    assert predicate is not None
    assert predicate({"metadata": {"labels": LABELS}}) is matches


def test_an_empty_selector_needs_no_predicate() -> None:
    assert label_predicate(" ") is None
    assert field_predicate(POD, "") is None


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("===", "found '==', expected: !, identifier, or 'end of string'"),
        ("a in b", "found 'b' expected: '('"),
        ("a b", "found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in (b", "found '', expected: ',' or ')'"),
        ("a=b c=d", "found 'c', expected: ',' or 'end of string'"),
        ("a=b!", "found '!', expected: ',' or 'end of string'"),
        ("-a=b", 'unable to parse requirement: key: Invalid value: "-a"'),
        ("a>b", "for 'Gt', 'Lt' operators, the value must be an integer"),
    ],
)
def test_malformed_label_selectors(selector: str, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        label_predicate(selector)
    assert refused.value.code == 400
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("kind", "selector", "obj", "matches"),
    [
        (POD, "spec.nodeName=n1", {"spec": {"nodeName": "n1"}}, True),
        (POD, "spec.nodeName=", {"spec": {}}, True),
        (POD, "status.phase!=Running", {"status": {"phase": "Pending"}}, True),
        (POD, "metadata.name=a,metadata.namespace=x", {"metadata": {"name": "a"}}, False),
        (EVENT, "involvedObject.name=a", {"involvedObject": {"name": "a"}}, True),
        (EVENT, "source=kubelet", {"source": {"component": "kubelet"}}, True),
        (EVENT_V1, "regarding.kind==Pod,type=Normal", {"involvedObject": {"kind": "Pod"}}, False),
        (EVENT_V1, "reportingController=x", {"reportingComponent": "x"}, True),
    ],
)
def test_fields(kind: Kind, selector: str, obj: dict[str, Any], matches: bool) -> None:
    predicate = field_predicate(kind, selector)
    assert predicate is not None
    assert predicate(obj) is matches


@pytest.mark.parametrize(
    ("kind", "selector", "message"),
    [
        (CONFIG_MAP, "data.x=1", 'field label not supported: "data.x"'),
        (POD, "spec.nodeName", "can't understand 'spec.nodeName'"),
    ],
)
def test_malformed_field_selectors(kind: Kind, selector: str, message: str) -> None:
    with pytest.raises(StatusError, match=message.replace(".", r"\.")):
        field_predicate(kind, selector)


def test_label_selector_objects() -> None:
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front", "back"]},
            {"key": "gone", "operator": "DoesNotExist"},
        ],
    }
    assert selects(selector, LABELS)
    assert not selects(selector, {**LABELS, "gone": ""})
    assert selects({}, {})
    assert selector_text(selector) == "app=web,tier in (back,front),!gone"
    predicate = label_predicate(selector_text(selector))
    assert predicate is not None
    assert predicate({"metadata": {"labels": LABELS}})
