"""Readers of the fields of a message from another process: each takes a field's name and its value,
and raises ValueError naming the field. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LATEST: Final = 1e12
"""Seconds; no time is so late, and no number of ours so large."""


def fields(
    value: Mapping[str, Any], readers: Mapping[str, Callable[[str, Any], Any]]
) -> dict[str, Any]:
    """What `value` has of the fields in `readers`; others are left out."""
    return {name: read(name, value[name]) for name, read in readers.items() if name in value}


def text(most: int) -> Callable[[str, Any], str]:
    """Text, of which `most` characters are kept."""

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{name}: {value!r:.60} is not text")
        return value[:most]

    return read


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name}: {value!r:.60} is neither true nor false")
    return value


def number(name: str, value: Any) -> float | None:
    """A number not below 0, or none."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST:
        return float(value)
    raise ValueError(f"{name}: {value!r:.60} is not a number from 0 up")


def moment(name: str, value: Any) -> float:
    """Unix seconds."""
    found = number(name, value)
    if found is None:
        raise ValueError(f"{name}: is missing")
    return found


def whole(name: str, value: Any) -> int | None:
    """A whole number not below 0, or none."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LATEST:
        return value
    raise ValueError(f"{name}: {value!r:.60} is not a whole number from 0 up")


def count(name: str, value: Any) -> int:
    """A whole number not below 0."""
    found = whole(name, value)
    if found is None:
        raise ValueError(f"{name}: is missing")
    return found


def each_of(read: Callable[[Mapping[str, Any]], Any], most: int) -> Callable[[str, Any], Any]:
    """A list of objects, of which the first `most` are kept, each as `read` makes it."""

    def several(name: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise ValueError(f"{name}: {value!r:.60} is not a list of objects")
        return tuple(read(one) for one in value[:most])

    return several
