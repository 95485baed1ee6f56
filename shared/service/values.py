"""A decorator for values: dataclasses whose fields are set once, when they are made.

The scaler uses it for what it makes anew in every tick, where a frozen dataclass would cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_new = object.__new__


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def variable(cls: type[T]) -> type[T]:
    """The same without slots, for values of many fields that are made from one another: `changed`
    makes the next one ten times as fast as `dataclasses.replace`."""
    return dataclass(unsafe_hash=True)(cls)


def changed(before: T, **fields: Any) -> T:
    """`before`, of a class that is `variable`, with other values in `fields`."""
    known = before.__dict__
    values = known | fields
    if len(values) != len(known):
        unknown = ", ".join(fields.keys() - known.keys())
        raise TypeError(f"{type(before).__name__} has no {unknown}")
    after = _new(type(before))
    after.__dict__ = values
    return after


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A frozen dataclass with slots, for what is made in great numbers.

    Only mypy enforces that it is frozen: at run time that would make creation five times slower,
    and a tick of the scaler makes several for each pod.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
