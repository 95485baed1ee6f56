"""Is an object acceptable? Kubernetes' rules and messages, one cause for each thing wrong. Pure.

Called before an object is stored. The rules of its kind are an argument; `declarations` says which
they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.embedded.validation import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj


def unchecked(_: Obj) -> Iterator[Cause]:
    """For kinds whose objects are taken as they come."""
    yield from ()


def any_change(_: Obj, __: Obj) -> Iterator[Cause]:
    """For kinds in which everything may change."""
    yield from ()


def unremarkable(_: Obj) -> Iterator[str]:
    """For kinds of whose objects nothing is told."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one kind, beside those of all metadata.

    names: of (field, value), what is wrong with a name; check: with a complete object; succession:
    with the second of two objects as the successor of the first; status: the same, when only the
    status is written; changed: with a successor, where that differs from what a new object is held
    to; warnings: of an object that is taken, what may not be meant, a line each.
    """

    names: Callable[[str, str], Iterator[Cause]]
    check: Callable[[Obj], Iterator[Cause]]
    succession: Callable[[Obj, Obj], Iterator[Cause]]
    status: Callable[[Obj, Obj], Iterator[Cause]] = any_change
    changed: Callable[[Obj], Iterator[Cause]] | None = None
    warnings: Callable[[Obj], Iterator[str]] = unremarkable


def created(rules: Rules, obj: Obj) -> list[Cause]:
    """What is wrong with a completed object about to be stored."""
    return [*metadata.check(rules.names, obj), *rules.check(obj)]


def updated(rules: Rules, old: Obj, new: Obj) -> list[Cause]:
    """What is wrong with `new` as the successor of `old`.

    What is as it was is not held against who changes something else: it was taken once, maybe
    under rules that knew less.
    """
    check = rules.changed or rules.check
    return [
        *metadata.succession(old, new),
        *metadata.check(rules.names, new),
        *rules.succession(old, new),
        *(() if _alike(old, new) else check(new)),
    ]


def remarked(rules: Rules, old: Obj | None, new: Obj) -> Iterator[str]:
    """What is told of `new`, unless the desired state is as it was."""
    generation = new["metadata"].get("generation")
    if old is None or generation is None or old["metadata"].get("generation") != generation:
        yield from rules.warnings(new)


def reported(rules: Rules, old: Obj, new: Obj) -> list[Cause]:
    """What is wrong with `new` where only the status of `old` is written."""
    return [
        *metadata.succession(old, new),
        *metadata.check(rules.names, new),
        *rules.status(old, new),
    ]


def _alike(old: Obj, new: Obj) -> bool:
    """Whether both want the same; annotations may, too, be a part of that."""
    names = (old.keys() | new.keys()) - {"metadata", "status"}
    return all(old.get(name) == new.get(name) for name in names) and (
        old["metadata"].get("annotations") == new["metadata"].get("annotations")
    )
