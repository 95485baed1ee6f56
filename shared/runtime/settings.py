"""Settings of a process from its environment: typed, with every error reported at once.

`reader = Reader(VARIABLES, os.environ); port = reader.whole("GATEWAY_PORT", most=65535); …;
reader.check()`. A reader answers defaults for what is wrong and remembers the problem, so that one
`check()` at the end names all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
Variables = Mapping[str, tuple[str, str]]
"""Variable → default, and what it means with its unit."""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class SettingsError(Exception):
    """The settings are wrong; `problems` has a sentence for each, naming variable and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the settings are wrong:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = tuple(problems)


def help_text(variables: Variables) -> str:
    """All variables with their defaults and meanings, for the end of a command's help by click."""
    lines = [
        f"\b\n{name} [{default or 'none'}]\n    {meaning}"
        for name, (default, meaning) in variables.items()
    ]
    return "\n\n".join(["Settings, from the environment [default]:", *lines])


class Reader:
    """Reads `variables` from `environ`, collecting problems until `check`.

    Defaults are taken from `variables`, so that what is documented is what holds.
    """

    def __init__(self, variables: Variables, environ: Mapping[str, str]) -> None:
        self._variables = variables
        self._environ = environ
        self._problems: list[str] = []

    def default(self, name: str) -> str:
        """What the documentation says of `name`."""
        return self._variables[name][0]

    def string(self, name: str, *among: str) -> str:
        """A string; one of `among` when that is given."""
        default = self.default(name)
        value = self._environ.get(name, "") or default
        if among and value not in among:
            self.problem(name, f"{value!r} is not one of {', '.join(among)}")
            return default
        return value

    def whole(self, name: str, *, least: int = 0, most: int | None = None) -> int:
        """A whole number from `least` to `most`."""
        default = int(self.default(name))
        return self.parsed(name, default, lambda text: _ranged(_whole(text), least, most))

    def amount(self, name: str, *, least: float = 0.0, most: float | None = None) -> float:
        """A finite number from `least` to `most`."""
        default = float(self.default(name))
        return self.parsed(name, default, lambda text: _ranged(_finite(text), least, most))

    def switch(self, name: str) -> bool:
        """1/true/yes/on or 0/false/no/off."""
        return self.parsed(name, _switch(self.default(name)), _switch)

    def several(self, name: str) -> tuple[str, ...]:
        """A list, separated by commas."""
        return _words(self._environ.get(name, "")) or _words(self.default(name))

    def address(self, host: str, port: str) -> tuple[str, int]:
        """Host and port, out of two variables; port 0 is any free one."""
        return self.string(host), self.whole(port, most=65_535)

    def parsed(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        """Whatever `parse` makes of the variable; its ValueError becomes a problem."""
        text = self._environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problem(name, str(error))
            return default

    def problem(self, name: str, sentence: str) -> None:
        """Remember that variable `name` is wrong."""
        self._problems.append(f"{name}: {sentence}")

    def check(self) -> None:
        """Raise SettingsError when anything read so far was wrong."""
        if self._problems:
            raise SettingsError(self._problems)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _whole(text: str) -> int:
    try:
        return int(text, 10)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is not a finite number")
    return value


N = TypeVar("N", int, float)


def _ranged(value: N, least: N | None, most: N | None) -> N:
    if least is not None and value < least:
        raise ValueError(f"{value} is below {least}, the least allowed")
    if most is not None and value > most:
        raise ValueError(f"{value} is above {most}, the most allowed")
    return value


def _switch(text: str) -> bool:
    word = text.lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(f"{text!r} is not a switch; write true or false")
