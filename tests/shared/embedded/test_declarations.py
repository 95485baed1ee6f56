"""Every kind is declared once, whole, and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.embedded import declarations, kinds
from shared.embedded.declarations import Declaration, DeclarationError, registered
from shared.embedded.kinds import EVENT, EVENT_V1, POD, Kind
from shared.embedded.schema.conversion import AS_STORED

PACKAGE = Path(kinds.__file__).parent
CONSTANTS = {name for name, value in vars(kinds).items() if isinstance(value, Kind)}
WORDS = {word for kind in declarations.KINDS for word in (kind.plural, kind.resource, kind.kind)}
WIDGET = Kind("example.com", "v1", "widgets", "widget", "Widget")
PARTS = ("schema", "defaults", "columns", "rules", "selectable")


def test_every_kind_is_declared() -> None:
    assert {kind for kind in vars(kinds).values() if isinstance(kind, Kind)} == set(
        declarations.KINDS
    )


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_left_out_is_named_with_its_kind(part: str) -> None:
    whole = declarations.of(POD)
    parts = {name: getattr(whole, name) for name in PARTS if name != part}
    with pytest.raises(DeclarationError, match=f"v1 Pod: its {part} is not declared"):
        Declaration(POD, **parts)


def test_a_part_that_does_not_exist_is_named() -> None:
    misspelt: dict[str, Any] = {"shema": None}
    with pytest.raises(TypeError, match="shema"):
        Declaration(POD, **misspelt)


def test_a_form_of_its_own_needs_its_conversion_and_only_such() -> None:
    with pytest.raises(DeclarationError, match=r"events.k8s.io/v1 Event: its conversion"):
        replace(declarations.of(EVENT_V1), conversion=AS_STORED)
    conversion = declarations.of(EVENT_V1).conversion
    with pytest.raises(DeclarationError, match="v1 Event: its conversion"):
        replace(declarations.of(EVENT), conversion=conversion)


def test_a_kind_or_its_address_is_declared_once() -> None:
    pod = declarations.of(POD)
    with pytest.raises(DeclarationError, match="v1 Pod: v1 pods is declared twice"):
        registered([pod, pod])
    namesake = replace(pod, kind=Kind("", "v1", "pods", "", "Other"))
    with pytest.raises(DeclarationError, match="v1 Other: v1 pods is declared twice"):
        registered([pod, namesake])


def test_a_kind_that_is_not_declared_is_not_taken_for_a_generic_one() -> None:
    with pytest.raises(KeyError):
        declarations.of(WIDGET)


def keyed_by_kind(tree: ast.AST) -> Iterator[int]:
    """The lines of dicts and sets that are keyed by kinds: by constants, or by their names."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict | ast.Set):
            continue
        keys = node.keys if isinstance(node, ast.Dict) else node.elts
        parts = [part for key in keys if key is not None for part in ast.walk(key)]
        names = {part.attr for part in parts if isinstance(part, ast.Attribute)}
        names |= {part.id for part in parts if isinstance(part, ast.Name)}
        words = {part.value for part in parts if isinstance(part, ast.Constant)}
        if names & CONSTANTS or len(words & WORDS) > 1:
            yield node.lineno


def test_nothing_else_is_keyed_by_kind() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: declare it in declarations.py"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "declarations.py"
        for line in keyed_by_kind(ast.parse(path.read_text()))
    ]
    assert found == []
