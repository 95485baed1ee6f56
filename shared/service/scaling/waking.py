"""The fields `wake_except`, whose requests do not wake a service that sleeps, and `wake_to`. Pure.

The gateway asks `WakeExcept.spares`; the scaler never sees such a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.service.fields import Fields, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MOST: Final = 32
"""Entries of each list: all are tried against a request that finds its service asleep."""
LONGEST: Final = 200
"""Characters of an entry."""
MOST_PODS: Final = 10_000
"""On waking."""


@dataclass(frozen=True, slots=True)
class WakeExcept:
    """Paths as prefixes, or whole ones with `*` in them; parts of User-Agents, in small letters."""

    paths: tuple[str, ...] = ()
    user_agents: tuple[str, ...] = ()

    def spares(self, path: str, user_agent: str) -> bool:
        """Whether a request for `path` (below the service's own, no query) wakes nothing."""
        agent = user_agent.lower()
        return any(part in agent for part in self.user_agents) or any(
            _matches(path, pattern) for pattern in self.paths
        )


NOBODY: Final = WakeExcept()


def _matches(path: str, pattern: str) -> bool:
    """In linear time, unlike an expression with several `.*`: who calls may choose the path."""
    first, *parts = pattern.split("*")
    if not path.startswith(first):
        return False
    if not parts:
        return True
    last, at = parts.pop(), len(first)
    for part in parts:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(path) - at >= len(last) and path.endswith(last)


def read_wake_except(fields: Fields) -> WakeExcept:
    """The section `wake_except` of `fields`; problems are added to those of `fields`."""
    with fields.section("wake_except") as section:
        return WakeExcept(
            _entries(section, "paths"),
            tuple(each.lower() for each in _entries(section, "user_agents")),
        )


def wake_except_of(scaling: Mapping[str, Any]) -> WakeExcept:
    """Of `expose.scaling` as it is stored; what is wrong in it counts as absent."""
    return read_wake_except(Fields(scaling, "expose.scaling", Problems()))


def wake_to_of(scaling: Mapping[str, Any]) -> int:
    """The field `wake_to` of `expose.scaling` as it is stored; 0 if it is absent or wrong."""
    fields = Fields(scaling, "expose.scaling", Problems())
    return fields.integer("wake_to", default=0, least=1, most=MOST_PODS)


def _entries(fields: Fields, name: str) -> tuple[str, ...]:
    entries = fields.words(name)
    if len(entries) > MOST:
        fields.error(name, f"has {len(entries)} entries, and {MOST} are the most")
        return ()
    good = []
    for index, entry in enumerate(entries):
        if problem := _problem(name, entry):
            fields.error(f"{name}[{index}]", problem)
        else:
            good.append(entry)
    return tuple(good)


def _problem(name: str, entry: str) -> str:
    """What is wrong with an entry; empty when nothing is."""
    if not entry.strip():
        return "is empty, which would mean every request; leave it out"
    if len(entry) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if name == "paths" and entry[0] not in "/*":
        return f"{entry!r} is no path; begin it with / or *"
    return ""
