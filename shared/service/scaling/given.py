"""The fields of a section that somebody gave and that are right, under the names of their readers.

A field that is absent or wrong is left out, so that whatever is laid over keeps what it had. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.service.durations import bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.service.fields import Fields

DAY: Final = 86_400.0


class Given:
    """`values` gathers what `fields` has; several sections may fill one mapping."""

    def __init__(self, fields: Fields, values: dict[str, Any]) -> None:
        self.fields = fields
        self.values = values

    def take(self, key: str, name: str, read: Callable[[], Any]) -> None:
        """What `read` makes of field `name`, unless it adds a problem."""
        before = len(self.fields.problems.errors)
        if self.fields.raw(name) is None:
            return
        value = read()
        if len(self.fields.problems.errors) == before:
            self.values[key] = value

    def flag(self, key: str) -> None:
        """A switch, which is named as it is read."""
        self.take(key, key, lambda: self.fields.flag(key, default=False))

    def whole(self, key: str, name: str, *, least: int, most: int) -> None:
        """A whole number."""
        self.take(
            key, name, lambda: self.fields.integer(name, default=least, least=least, most=most)
        )

    def share(self, key: str, name: str) -> None:
        """A number from 0 to 1."""
        self.take(key, name, lambda: self.fields.number(name, default=0.0, least=0, most=1))

    def duration(self, key: str, name: str, *, least: float = 0.0, most: float = DAY) -> None:
        """Seconds, written as a duration."""
        self.parsed(key, name, bounded(least, most))

    def parsed(self, key: str, name: str, parse: Callable[[str], Any]) -> None:
        """What `parse` makes of the text; it raises ValueError. Empty text is left out."""
        if self.fields.raw(name) != "":
            self.take(key, name, lambda: self.fields.parsed(name, default=None, parse=parse))

    def optional(self, key: str, name: str, *, least: int) -> None:
        """A whole number that may be switched off with `none`."""
        if self.fields.raw(name) == "none":
            self.values[key] = None
        else:
            self.whole(key, name, least=least, most=100_000)
