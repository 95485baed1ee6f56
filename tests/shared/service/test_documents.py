"""Strict YAML: text stays the text it is; what is ambiguous or explosive is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.service.documents import DocumentError, dump_yaml, load_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 0123", {"a": "0123"}),
        ("a: 2024-01-01", {"a": "2024-01-01"}),
        ("a: 1.10", {"a": Decimal("1.10")}),
        ("a: 5", {"a": 5}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: true", {"a": True}),
        ("a: !!str 5", {"a": "5"}),
        ("a: !!int 5", {"a": 5}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ('{"a": [1, "b", null]}', {"a": [1, "b", None]}),
        ("x: &x {p: 1}\ny:\n  <<: *x\n  q: 2", {"x": {"p": 1}, "y": {"p": 1, "q": 2}}),
    ],
)
def test_values(text: str, value: object) -> None:
    assert load_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2", "stands here twice"),
        ("a: [", "line"),
        ("[1, 2]: 3", "a key must be a word"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
        ("a: &a [*a]", "stands inside what it names"),
        ("---\na: 1\n---\nb: 2", "document"),
        ("a" * (1024 * 1024 + 1), "longer than"),
        ("[" * 5000, "cannot be read: it is nested more than 100 deep"),
        ("a: !!float .nan", "'.nan' is no float"),
        ("a: !!bool maybe", "'maybe' is no bool"),
        ("a: !!int 0x" + "f" * 5000, "is no int"),
        ("a: !!int " + "9" * 400, "is no int"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        load_yaml(text)


def test_billion_laughs() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(DocumentError, match="expands to more than"):
        load_yaml("\n".join(lines))


def test_dump_keeps_order_and_decimals_are_numbers() -> None:
    assert dump_yaml({"b": Decimal("1.5"), "a": ["x"]}) == "b: 1.5\na:\n- x\n"


@pytest.mark.parametrize("number", [1e300, 1e-7, 0.1, -2.5, 123456789.0])
def test_a_fraction_is_read_as_it_was_written(number: float) -> None:
    assert float(load_yaml(dump_yaml({"a": number}))["a"]) == number
    assert isinstance(load_yaml(dump_yaml({"a": number}))["a"], Decimal)


def test_keys_are_the_text_that_is_written() -> None:
    text = "{1: a, true: b, null: c, 0123: d, 1.10: e, 2024-01-01: f}"
    assert load_yaml(text) == {
        "1": "a", "true": "b", "null": "c", "0123": "d", "1.10": "e", "2024-01-01": "f"
    }  # fmt: skip
