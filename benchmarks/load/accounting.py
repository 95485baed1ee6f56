"""CPU and memory of a process and its children, by the kernel's own books (proc(5))."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of CPU so far, and bytes resident now (proportional share of what is shared)."""

    cpu: float
    memory: int


def usage(pid: int) -> Usage:
    """Of `pid`, its living descendants, and the children it has waited for."""
    pids = family(pid)
    return Usage(sum(map(_cpu, pids)), sum(map(_memory, pids)))


def resident(pid: int) -> int:
    """Bytes in memory of one process; the second number of statm is their pages."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """`pid` and its living descendants; nothing when it has ended."""
    try:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return []
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for child in children for one in family(child))]


def _cpu(pid: int) -> float:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        utime, stime, cutime, cstime = map(int, fields[11:15])
        return (utime + stime + cutime + cstime) / _TICK
    return 0.0


def _memory(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
