"""Strict reading of JSON objects; an error names the field, what is there, what should be. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection


_LARGEST = 2**53
"""Beyond it JSON's numbers are no longer exact, and sums and products overflow a float."""


class FieldError(ValueError):
    """A field is absent or has the wrong form; the message names it and the remedy."""


class Fields:
    """A JSON object at `path` of the input. A null counts as absent.

    Each reader takes a default for when the field is absent; without one it is required.
    """

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, dict):
            raise FieldError(f"{path}: is {_shown(data)}; give a JSON object")
        self.data: dict[str, Any] = data
        self.path = path

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(name) is not None

    def child(self, name: str) -> Fields:
        """The object under `name`."""
        return Fields(self._required(name, "a JSON object"), f"{self.path}.{name}")

    def items(self, name: str) -> list[Fields]:
        """The objects of the list under `name`; none when it is absent."""
        path = f"{self.path}.{name}"
        return [Fields(item, f"{path}[{i}]") for i, item in enumerate(self._list(name))]

    def pairs(self, name: str) -> list[tuple[int, float]]:
        """The `[number, age]` pairs of the list under `name`; none when it is absent."""
        return [self._pair(f"{name}[{i}]", item) for i, item in enumerate(self._list(name))]

    def integer(self, name: str, default: int | None = None, least: int = 0) -> int:
        """A whole number of at least `least`."""
        wanted = f"a whole number from {least}"
        value = self._given(name, default, wanted)
        if not _is_whole(value) or value < least:
            raise self._wrong(name, value, wanted)
        return int(self._bounded(name, value))

    def whole(self, name: str) -> int | None:
        """A whole number from 0, or None when absent."""
        return self.integer(name) if self.has(name) else None

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number from 0."""
        return self._number(name, self._given(name, default, "a number from 0"))

    def seconds(self, name: str) -> float | None:
        """A finite number from 0, or None when absent."""
        return self.number(name) if self.has(name) else None

    def text(self, name: str, default: str) -> str:
        """A string."""
        value = self._given(name, default, "a string")
        if not isinstance(value, str):
            raise self._wrong(name, value, "a string")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""
        value = self._given(name, default, "true or false")
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def choice(self, name: str, values: Collection[str], default: str | None = None) -> str:
        """One of `values`."""
        wanted = f"one of {', '.join(values)}"
        value = self._given(name, default, wanted)
        if not isinstance(value, str) or value not in values:
            raise self._wrong(name, value, wanted)
        return value

    def _pair(self, name: str, item: Any) -> tuple[int, float]:
        wanted = "a pair [whole number, age in seconds]"
        if not isinstance(item, list) or len(item) != 2:
            raise self._wrong(name, item, wanted)
        count, age = item
        if not _is_whole(count):
            raise self._wrong(name, item, wanted)
        return int(self._bounded(name, count)), self._number(name, age)

    def _number(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, value, "a number from 0")
        if math.isnan(value) or value < 0:
            raise self._wrong(name, value, "a number from 0")
        return self._bounded(name, value)

    def _bounded(self, name: str, value: float) -> float:
        if abs(value) > _LARGEST:
            raise self._wrong(name, value, "a number of at most 2^53")
        return value

    def _list(self, name: str) -> list[Any]:
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(name, value, "a list")
        return value

    def _given(self, name: str, default: Any, wanted: str) -> Any:
        if self.has(name) or default is None:
            return self._required(name, wanted)
        return default

    def _required(self, name: str, wanted: str) -> Any:
        if not self.has(name):
            raise FieldError(f"{self.path}.{name}: is missing; give {wanted}")
        return self.data[name]

    def _wrong(self, name: str, value: Any, wanted: str) -> FieldError:
        return FieldError(f"{self.path}.{name}: is {_shown(value)}; give {wanted}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
