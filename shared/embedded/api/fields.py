"""Sets of field paths, as metadata.managedFields keeps them (FieldsV1). Pure.

A path is a tuple of FieldsV1 steps: `f:<name>`, `k:<keys of a list item as JSON>`, `v:<value of a
set as JSON>`; see k8s.io/structured-merge-diff, fieldpath. The sets are Python's own, so ownership
is plain set arithmetic. Used by `ownership`; knows schemas, but neither kinds nor managers.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from shared.embedded.schema import shapes as schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.embedded.schema.shapes import Schema

Path = tuple[str, ...]
Paths = frozenset[Path]

NOTHING: Final[Paths] = frozenset()
KEY_DEFAULTS: Final = {"protocol": "TCP"}
"""Keys of list items that may be left out."""

_ALWAYS_PRESENT: Final = {"f:metadata", "f:spec", "f:template", "f:strategy", "f:containers"} | {
    "f:scaleTargetRef"
}
"""Go serialises these even when empty, so nobody ever adds them themselves, only their content."""
_ALWAYS_AT_TOP: Final = {
    *(("f:status",), ("f:endpoints",), ("f:ports",), ("f:rules",)),
    *(("f:source",), ("f:deprecatedSource",), ("f:involvedObject",)),
}
"""The same of what elsewhere is a field like others."""


_ABSENT: Final = object()


class ItemKeyError(Exception):
    """An item of a keyed list lacks a key, or two items have the same keys."""


class Doubles(list[Any]):
    """Items of a list that have the same key."""


class Changes(NamedTuple):
    """How one object became another: paths that are new or different, and paths that are gone."""

    written: Paths
    removed: Paths


def stated(value: Any, schema: Schema, path: Path = ()) -> Iterator[Path]:
    """The leaves that `value` states, and its list items: what an applier owns."""
    children = list(steps(value, schema))
    if not children and path:
        yield path
    for step, item, inner in children:
        below = (*path, step)
        if not step.startswith("f:"):
            yield below
        yield from stated(item, inner, below)


def compare(old: Any, new: Any, schema: Schema, path: Path = ()) -> Changes:
    """The paths in which `new` differs from `old`."""
    written: set[Path] = set()
    removed: set[Path] = set()
    _compare(old, new, schema, path, written, removed)
    return Changes(frozenset(written), frozenset(removed))


def steps(value: Any, schema: Schema) -> Iterator[tuple[str, Any, Schema]]:
    """The granular children of `value`: (step, child, its schema); none of a leaf."""
    if isinstance(value, dict):
        if not getattr(schema, "atomic", False):
            for key, item in value.items():
                yield f"f:{key}", item, schemas.child(schema, key)
    elif isinstance(value, list) and isinstance(schema, schemas.List):
        with contextlib.suppress(ItemKeyError):
            yield from _items(value, schema)


def item_step(item: Any, schema: schemas.List) -> str:
    """`k:{"name":"a"}` of an item of a keyed list, `v:"a"` of an item of a set."""
    if schema.unique:
        return "v:" + _json(item)
    if not isinstance(item, dict):
        raise ItemKeyError("associative list with keys may not have non-map elements")
    given = {**KEY_DEFAULTS, **item}
    missing = next((key for key in schema.keys if key not in given), None)
    if missing:
        raise ItemKeyError(
            f'associative list with keys has an element that omits key field "{missing}" '
            "(and doesn't have default value)"
        )
    return "k:" + _json({key: given[key] for key in sorted(schema.keys)})


def to_json(paths: Paths) -> dict[str, Any]:
    """FieldsV1: a tree in which `.` marks an inner node that is itself a member."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node["."] = {}
    return _bare_leaves(tree)


def from_json(tree: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    """The paths of FieldsV1."""
    if path and not tree:
        yield path
    for step, below in tree.items():
        if step == ".":
            yield path
        elif isinstance(below, dict):
            yield from from_json(below, (*path, step))


def holds(tree: dict[str, Any], path: Path) -> bool:
    """Whether `path` is one of the paths of FieldsV1."""
    node = tree
    for step in path:
        if step not in node:
            return False
        node = node[step]
    return not node or "." in node


def text(path: Path) -> str:
    """`.spec.containers[name="a"].image`, as messages show a path."""
    return "".join(_step_text(step) for step in path)


def prefixes(paths: Paths) -> Paths:
    """The paths and everything above them."""
    return frozenset(path[:end] for path in paths for end in range(1, len(path) + 1))


def within(path: Path, places: Paths) -> bool:
    """Whether `path` is one of `places`, or below one."""
    return bool(places) and any(path[:end] in places for end in range(1, len(path) + 1))


def without(value: Any, gone: Paths, schema: Schema, path: Path = ()) -> Any:
    """`value` less the subtrees at the paths `gone`."""
    kept = [
        (step, without(item, gone, inner, (*path, step)))
        for step, item, inner in steps(value, schema)
        if (*path, step) not in gone
    ]
    if isinstance(value, dict) and not getattr(schema, "atomic", False):
        return {step.removeprefix("f:"): item for step, item in kept}
    if isinstance(value, list) and any(True for _ in steps(value, schema)):
        return flat(item for _, item in kept)
    return value


def flat(items: Iterable[Any]) -> list[Any]:
    """A list again of the items of a list, as `steps` gives them."""
    each = (item if isinstance(item, Doubles) else [item] for item in items)
    return [one for some in each for one in some]


def _compare(
    old: Any, new: Any, schema: Schema, path: Path, written: set[Path], removed: set[Path]
) -> None:
    if old is new or old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and not getattr(schema, "atomic", False):
        _compare_fields(old, new, schema, path, written, removed)
        return
    before = {step: (item, inner) for step, item, inner in steps(old, schema)}
    after = {step: (item, inner) for step, item, inner in steps(new, schema)}
    if not before and not after:
        written.add(path)
        return
    for step in before.keys() - after.keys():
        removed.update(_everything(*before[step], (*path, step)))
    for step, (item, inner) in after.items():
        below = (*path, step)
        if step in before:
            _compare(before[step][0], item, inner, below, written, removed)
        else:
            written.update(_everything(item, inner, below))


def _compare_fields(
    old: dict[str, Any],
    new: dict[str, Any],
    schema: Schema,
    path: Path,
    written: set[Path],
    removed: set[Path],
) -> None:
    """As `_compare`, which looks at every child; most fields of an object stay as they were."""
    for key in old.keys() - new.keys():
        removed.update(_everything(old[key], schemas.child(schema, key), (*path, f"f:{key}")))
    for key, item in new.items():
        before = old.get(key, _ABSENT)
        if before is item or before == item:
            continue
        inner, below = schemas.child(schema, key), (*path, f"f:{key}")
        if before is _ABSENT:
            written.update(_everything(item, inner, below))
        else:
            _compare(before, item, inner, below, written, removed)


def _everything(value: Any, schema: Schema, path: Path) -> Iterator[Path]:
    """The path of a value that appears or vanishes, and all paths below it."""
    if value is None:  # no value at all, only shown as such
        return
    below = list(steps(value, schema))
    present = path in _ALWAYS_AT_TOP or path[-1] in _ALWAYS_PRESENT
    if not present or (value and not below):
        yield path
    for step, item, inner in below:
        yield from _everything(item, inner, (*path, step))


def _items(value: list[Any], schema: schemas.List) -> list[tuple[str, Any, Schema]]:
    if not schema.keys and not schema.unique:
        return []
    found: dict[str, list[Any]] = {}
    for item in value:
        found.setdefault(item_step(item, schema), []).append(item)
    # Doubles (Kubernetes allows them in `env`) have one key, and count as one value.
    return [
        (step, items[0], schema.item) if len(items) == 1 else (step, Doubles(items), schemas.ANY)
        for step, items in found.items()
    ]


def _bare_leaves(tree: dict[str, Any]) -> dict[str, Any]:
    return {
        step: {} if below.keys() == {"."} else _bare_leaves(below) for step, below in tree.items()
    }


def _step_text(step: str) -> str:
    mark, _, rest = step.partition(":")
    if mark == "f":
        return f".{rest}"
    if mark == "v":
        return f"[={rest}]"
    if mark == "i":
        return f"[{rest}]"
    pairs = json.loads(rest).items()
    return "[" + ",".join(f"{key}={_json(value)}" for key, value in pairs) + "]"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
