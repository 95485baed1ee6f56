"""What this process takes of the machine, for a sum over the workers of a gateway."""

from __future__ import annotations

import gc
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.admin.snapshot import Snapshot

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def usage() -> Snapshot:
    """CPU in seconds since the start, resident memory in bytes, garbage collections by generation.

    Read from getrusage(2), and proc(5): the second number of statm are resident pages.
    """
    spent = resource.getrusage(resource.RUSAGE_SELF)
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "cpu_seconds": spent.ru_utime + spent.ru_stime,
        "resident_bytes": resident * _PAGE,
        "collections": {
            str(generation): each["collections"] for generation, each in enumerate(gc.get_stats())
        },
    }
