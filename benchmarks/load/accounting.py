"""CPU and memory of a process and its children, by the kernel's own books."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def cpu(pid: int) -> int:
    """Nanoseconds of CPU that `pid` and its living descendants have used, of all their threads,
    those that ended included.

    It is the scheduler's sum (as in /proc/PID/schedstat, which is per thread), read by the clock of
    the process (clock_getcpuclockid(3)). Tick-based books, as of /proc/PID/stat, are too coarse for
    slices of a second.
    """
    return sum(map(_process, family(pid)))


def memory(pid: int) -> int:
    """Bytes resident in `pid` and its living descendants; what is shared, proportionally."""
    return sum(map(_resident, family(pid)))


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


def _process(pid: int) -> int:
    clock = ctypes.c_int()
    if _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        return 0  # it has just ended
    with contextlib.suppress(OSError):
        return time.clock_gettime_ns(clock.value)
    return 0


def _resident(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
