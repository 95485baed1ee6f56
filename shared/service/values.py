"""A decorator for values: dataclasses whose fields are set once, when they are made.

The scaler uses it for what it makes anew in every tick, where a frozen dataclass would cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A frozen dataclass with slots, for what is made in great numbers.

    Only mypy enforces that it is frozen: at run time that would make creation five times slower,
    and a tick of the scaler makes several for each pod.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
