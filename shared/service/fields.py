"""Typed reading of a mapping that somebody wrote, collecting every problem with its path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, TypeVar

from shared.service.storable import shown

T = TypeVar("T")

_MOST_TOLD: Final = 20
_FIELD: Final = re.compile(r"[^.\[]+")
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Problems:
    """What is wrong and what is odd in one document; shared by the readers of its parts."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []


class Fields:
    """Reads the fields of one mapping; `path` is where the mapping stands in the document.

    A field that is wrong answers its default and adds a problem, so that reading goes on and all
    problems are found in one pass. A field that is null counts as absent. The case of a field's
    name does not count, as it does not for OSCAR's clients, which are written in Go.
    """

    def __init__(self, value: Any, path: str, problems: Problems, *, secret: bool = False) -> None:
        self.path = path
        self.problems = problems
        self._known: set[str] = set()
        self._asked: set[str] = set()
        self._refused: set[str] = set()
        self._written: dict[str, str] = {}
        """What a field is called in the mapping, by its first name."""
        if value is not None and not isinstance(value, Mapping):
            told = "what it is set to" if secret and value else _shown(value)
            self.error("", f"{told} is not a mapping of fields")
            value = None
        self._mapping: Mapping[str, Any] = value or {}
        self._keys: dict[str, list[str]] = {}
        """As they are written, by what they are whatever their case."""
        for key in self._mapping:
            self._keys.setdefault(str(key).lower(), []).append(key)

    def error(self, name: str, sentence: str) -> None:
        """Add a problem with field `name` ("" for the mapping itself)."""
        self.problems.errors.append(f"{self.at(name)}: {sentence}")

    def warn(self, name: str, sentence: str) -> None:
        """Add something odd, which stops nothing."""
        self.problems.warnings.append(f"{self.at(name)}: {sentence}")

    def raw(self, *names: str) -> Any:
        """The value under the first of `names` (a field and its aliases) that is given."""
        self._asked.update(names)
        keys: list[str] = []
        for name in names:
            keys += self._keys.get(name.lower(), ())
        if not keys:  # most fields are absent
            return None
        self._known.update(keys)
        given = [key for key in keys if self._mapping[key] is not None]
        if not given:
            return None
        self._written[names[0]] = given[0]
        value = self._mapping[given[0]]
        for other in given[1:]:
            if self._mapping[other] != value and other not in self._refused:
                self._refused.add(other)
                sentence = f"differs from {given[0]}, which means the same; give one of them"
                self.error(other, sentence)
        return value

    def text(self, *names: str, default: str = "", among: Sequence[str] = ()) -> str:
        """A string; of `among`, whatever its case, when that is given. Numbers become text."""
        value = self.raw(*names)
        if value is None or (among and value == ""):
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            self.error(names[0], f"{_shown(value)} is not text")
            return default
        text = str(value)
        if among and text.lower() not in among:
            self.error(names[0], f"{text!r} is not one of {', '.join(among)}")
            return default
        return text.lower() if among else text

    def integer(self, *names: str, default: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self.raw(*names)
        return default if value is None else self._integer(names[0], value, default, least, most)

    def integers(self, *names: str, least: int, most: int) -> tuple[int, ...]:
        """One whole number or a list of them, each from `least` to `most`."""
        value = self.raw(*names)
        if value is None:
            return ()
        if not isinstance(value, list):
            return (self._integer(names[0], value, least, least, most),)
        return tuple(
            self._integer(f"{names[0]}[{index}]", item, least, least, most)
            for index, item in enumerate(value)
        )

    def number(self, *names: str, default: float, least: float, most: float, of: str = "") -> float:
        """A number from `least` to `most`, `of` what."""
        value = self.raw(*names)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            told = f"{_shown(value)} is not a number"
            self.error(names[0], f"{told} of {of}" if of else told)
            return default
        return self._ranged(names[0], float(value), default, least, most)

    def flag(self, *names: str, default: bool) -> bool:
        """A switch: true or false."""
        value = self.raw(*names)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if isinstance(value, str) and value.lower() in _FLAGS:
            return _FLAGS[value.lower()]
        self.error(names[0], f"{_shown(value)} is not a switch; write true or false")
        return default

    def texts(self, *names: str, secret: bool = False) -> dict[str, str]:
        """A mapping of words to text; numbers and switches become the text they are written as.

        Problems do not show the values of what is `secret`.
        """
        result = {}
        for key, item in self.mapping(*names, secret=secret).items():
            if item is not None and not isinstance(item, str | int | float | Decimal):
                told = "what it is set to" if secret else _shown(item)
                self.error(f"{names[0]}.{key}", f"{told} is not text")
            result[str(key)] = _written(item)
        return result

    def words(self, *names: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.raw(*names)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.error(names[0], f"{_shown(value)} is not a list of text")
            return ()
        return tuple(value)

    def sequence(self, *names: str) -> Sequence[Any]:
        """A list whose items somebody else checks."""
        value = self.raw(*names)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.error(names[0], f"{_shown(value)} is not a list")
            return ()
        return value

    def mapping(self, *names: str, secret: bool = False) -> Mapping[str, Any]:
        """A mapping whose content somebody else checks."""
        value = self.raw(*names)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            told = "what it is set to" if secret else _shown(value)
            self.error(names[0], f"{told} is not a mapping")
            return {}
        return value

    def parsed(self, *names: str, default: T, parse: Callable[[str], T]) -> T:
        """Whatever `parse` makes of the text; its ValueError becomes a problem."""
        text = self.text(*names)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.error(names[0], str(error))
            return default

    @contextmanager
    def section(self, *names: str, secret: bool = False) -> Iterator[Fields]:
        """The fields of a mapping inside this one; leaving it warns of fields nobody asked for.

        A value that is no mapping is not shown if it may be `secret`.
        """
        inner = Fields(self.raw(*names), self.at(names[0]), self.problems, secret=secret)
        yield inner
        inner.warn_unknown()

    def warn_unknown(self) -> None:
        """Warn of each field that was not read, with the name that was probably meant; of a whole
        lot of them, of the first and their number."""
        unknown = list(self.unknown())
        if len(unknown) > _MOST_TOLD:
            self.warn("", f"{len(unknown)} unknown fields are ignored")
        for name in unknown[:_MOST_TOLD]:
            near = _near(str(name), self._asked)
            hint = f"; did you mean {near}?" if near else ""
            self.warn(str(name), f"unknown field is ignored{hint}")

    def meant(self, name: str) -> str:
        """The field that probably was to be `name`, which is not there; empty if there is none."""
        return _near(name, (str(key) for key in self.unknown()))

    def unknown(self) -> dict[str, Any]:
        """The fields that were not read."""
        return {key: item for key, item in self._mapping.items() if key not in self._known}

    def _integer(self, name: str, value: Any, default: int, least: int, most: int) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.error(name, f"{_shown(value)} is not a whole number")
            return default
        return int(self._ranged(name, value, default, least, most))

    def _ranged(self, name: str, value: float, default: float, least: float, most: float) -> float:
        if value < least:
            self.error(name, f"{value} is below {least}, the least allowed")
        elif not value <= most:
            self.error(name, f"{value} is above {most}, the most allowed")
        else:
            return value
        return default

    def at(self, name: str) -> str:
        """The path of field `name` as it is written, "" for the mapping itself."""
        field = _FIELD.match(name)
        written = self._written.get(field[0], field[0]) if field else ""
        name = shown(written + name[len(field[0]) :]) if field else shown(name)
        return f"{self.path}.{name}" if self.path and name else self.path or name or "document"


def _near(name: str, names: Iterable[str]) -> str:
    """What `name` looks like among `names`, whatever the case."""
    lowered = {one.lower(): one for one in names}
    near = difflib.get_close_matches(name.lower(), sorted(lowered), n=1, cutoff=0.75)
    return lowered[near[0]] if near else ""


def _written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else _written(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
