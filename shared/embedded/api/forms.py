"""Between the form in which a kind shows its objects and the one in which they are kept. Pure.

Called by `operations`, which works on stored forms alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded import declarations
from shared.embedded.schema import decoding

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj


def typed(kind: Kind, obj: Obj, unknown: list[str] | None = None, *, whole: bool = False) -> Obj:
    """A private, well-typed copy; `unknown` takes a sentence for each field that is dropped.

    whole: with zeros that Go leaves out.
    """
    return decoding.typed(obj, kind, declarations.of(kind).schema, unknown, whole=whole)


def stored(kind: Kind, obj: Obj, unknown: list[str] | None = None, *, whole: bool = False) -> Obj:
    """The same, in stored form."""
    given = typed(kind, obj, unknown, whole=whole)
    if kind.hub is kind:
        return given
    return typed(kind.hub, declarations.of(kind).conversion.to_stored(given), whole=whole)


def shown(kind: Kind, obj: Obj) -> Obj:
    """A stored object in the form of `kind`."""
    return declarations.of(kind).conversion.from_stored(obj)
