"""Fields whose zero value says nothing, as in Go: empty, or 0, is as good as absent. Pure.

Called by the defaults of the kinds: a client that sends `restartPolicy: ""` means the usual one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from shared.service.objects import Obj

T = TypeVar("T")


def usual(obj: Obj, name: str, value: T) -> T:
    """The field `name`; `value`, which it is given in place, where it says nothing."""
    found: T = obj.get(name) or value
    obj[name] = found
    return found
