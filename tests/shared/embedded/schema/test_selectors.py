"""Label selectors: what matches, and what is refused with Kubernetes' words."""

from __future__ import annotations

import pytest

from shared.embedded.errors import StatusError
from shared.embedded.schema.selectors import (
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
        ("a,", "found '', expected: identifier after ','"),
        ("a,,b", "found ',', expected: identifier after ','"),
        (
            "a>b",
            'unable to parse requirement: values[0]: Invalid value: "b": for '
            "'Gt', 'Lt' operators, the value must be an integer",
        ),
    ],
)
def test_malformed_label_selectors(selector: str, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        label_predicate(selector)
    assert refused.value.code == 400
    assert message in refused.value.message


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
