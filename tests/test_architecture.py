"""The repository keeps the rules of the layout; `architecture/layout.py` is their table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture import expressions, purity, rooms, shape
from tests.architecture.layout import LAYOUT, Layout
from tests.architecture.sources import Sources, Violation

ROOT = Path(__file__).parents[1]

Rule = Callable[[Sources, Layout], Iterator[Violation]]

RULES: tuple[Rule, ...] = (
    rooms.circles,
    rooms.absolute,
    rooms.computed,
    rooms.table,
    rooms.files,
    rooms.order,
    rooms.walls,
    rooms.entry_points,
    rooms.speakers,
    purity.pure,
    shape.short_files,
    shape.short_functions,
    shape.documented,
    shape.mirrored,
    shape.page,
    expressions.no_possessive_groups,
)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(ROOT, ("gateway", "scaler", "shared"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule, sources: Sources) -> None:
    broken = sorted(rule(sources, LAYOUT))
    assert not broken, "\n" + "\n".join(map(str, broken))
