"""Finds and kills processes of an earlier run of this cluster, by the mark that they carry.

Called by the agent before it starts, and for a container whose shim was killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

MARKER: Final = "EXPOSED_CLUSTER"
"""Environment variable that every process of a cluster carries: `<cluster>/<pod>/<container>`."""

PATIENCE: Final = 5.0  # seconds for the kernel to end what was killed


def kill_marked(marker: str) -> int:
    """SIGKILL to every process that `marker` (of a cluster, or of one container) names; how many.

    The mark is read again through a pidfd that holds the process, so that a pid which the kernel
    gave to another process meanwhile is never hit.
    """
    killed: set[int] = set()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = marked(marker)
        if not found:
            break
        for pid in found:
            if _kill(pid, marker):
                killed.add(pid)
        time.sleep(0.01)
    return len(killed)


def marked(marker: str) -> list[int]:
    """The pids of living processes that carry the mark."""
    names = (name for name in os.listdir("/proc") if name.isdigit())
    return [int(name) for name in names if _carries(int(name), marker)]


def _carries(pid: int, marker: str) -> bool:
    try:  # a zombie has no environment left, so it is not found
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return False
    wanted = f"{MARKER}={marker}".encode()
    return any(entry == wanted or entry.startswith(wanted + b"/") for entry in entries)


def _kill(pid: int, marker: str) -> bool:
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            if _carries(pid, marker):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                return True
        finally:
            os.close(descriptor)
    return False
