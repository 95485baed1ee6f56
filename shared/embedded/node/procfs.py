"""What /proc says of processes: who is below whom, CPU time and memory used.

Source: proc_pid_stat(5). Read by the agent; one pass over /proc serves all pods.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Stat:
    """One process. CPU in clock ticks: its own, and that of children it has waited for."""

    pid: int
    parent: int
    own: int
    waited: int
    pages: int


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU in seconds since the start, memory in bytes (resident, shared pages counted each)."""

    cpu: float
    memory: int


def parse_stat(text: bytes) -> Stat:
    """One line of /proc/<pid>/stat; the name in it may hold spaces and parentheses."""
    pid = int(text[: text.index(b" ")])
    fields = text[text.rindex(b")") + 2 :].split()
    own, waited = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return Stat(pid, int(fields[1]), own, waited, int(fields[21]))


def read_all() -> dict[int, Stat]:
    """Every process that can be read now."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb", buffering=0) as file:
                    stat = parse_stat(file.read(2048))
            except (OSError, ValueError):  # it ended meanwhile
                continue
            found[stat.pid] = stat
    return found


def usage(stats: Mapping[int, Stat], roots: Iterable[int]) -> dict[int, Usage]:
    """Usage of everything below each root; roots are shims, whose own part does not count.

    A shim is the subreaper of its container: what a child used comes to be in the `waited` of some
    process above it, and in the end in the shim's.
    """
    below: dict[int, list[int]] = {}
    for stat in stats.values():
        below.setdefault(stat.parent, []).append(stat.pid)
    found = {}
    for root in roots:
        if root in stats:
            ticks, pages, todo = stats[root].waited, 0, list(below.get(root, ()))
            while todo:
                stat = stats[todo.pop()]
                ticks += stat.own + stat.waited
                pages += stat.pages
                todo += below.get(stat.pid, ())
            found[root] = Usage(ticks * TICK, pages * PAGE)
    return found


def machine() -> Usage:
    """The whole machine: busy CPU seconds since boot, memory in use."""
    fields = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle = fields[3] + fields[4]
    return Usage((sum(fields[:8]) - idle) * TICK, memory_total() - _memory("MemAvailable"))


def memory_total() -> int:
    """The machine's memory in bytes."""
    return _memory("MemTotal")


def _memory(name: str) -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        key, _, rest = line.partition(":")
        if key == name:
            return int(rest.split()[0]) * 1024
    return 0
