"""Values: dataclasses whose fields are set once, when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A frozen dataclass with slots, for what is made in great numbers.

    That it is frozen, mypy alone sees to: doing so at run time would make it five times as dear,
    and a tick of the scaler makes several for each pod.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
