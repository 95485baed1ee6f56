"""The sockets and files that this process may have open, and what is kept of them.

The lowest free number is the one that the kernel gives next (POSIX, open(2)), so the number of a
new connection tells how many are left, at no cost. Those from `ceiling` on are kept for the admin
port, the watches of the cluster, and what is being refused: a gateway that is full must still
answer its probes, or it is killed with everything it carries.
"""

from __future__ import annotations

import asyncio
import os
import resource
from typing import Final

RESERVE: Final = 64
"""Descriptors kept, where there are enough; of a low limit an eighth."""
_OWN: Final = 24
"""Descriptors of a process that serves nobody: log, event loop, admin port, watches."""


class Descriptors:
    """The descriptors of a process that may have `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.ceiling = limit - reserve(limit)
        """The first number that no client and no pod may have for long."""
        self.crowd = self.ceiling - self.ceiling // 8
        """The first number at which no more clients are accepted: those who are there must still
        reach pods."""
        self.few = (self.crowd - self.next()) // 4
        """Clients that are no crowd: so many leave the most of what is free to pods, and are not
        asked for their numbers, which is a system call each."""
        self.short = asyncio.Event()
        """Set when a client got a number of the crowd: accept no more for now."""

    def met(self, number: int) -> bool:
        """A client got this number; whether it is one of the crowd."""
        crowded = number >= self.crowd
        if crowded:
            self.short.set()
        return crowded

    def next(self) -> int:
        """The number that the next connection would have; `limit` when there is none."""
        try:
            number = os.eventfd(0)
        except OSError:
            return self.limit
        os.close(number)
        return number

    def open(self) -> int:
        """How many are open: what Linux says since 6.2 as the size of the folder that lists them,
        and before that the lowest free number, which is not more."""
        return os.stat("/proc/self/fd").st_size or self.next()

    def scarce(self) -> bool:
        """Whether the next connection would use the reserve up."""
        return self.next() >= self.ceiling


def reserve(limit: int) -> int:
    """How many of `limit` descriptors are kept."""
    return min(RESERVE, limit // 8)


def clients(limit: int) -> int:
    """How many clients `limit` descriptors carry: each may need a connection to a pod as well."""
    return max((limit - reserve(limit) - _OWN) // 2, 1)


def raised() -> None:
    """Raise the limit of this process to what it may have at most (nginx, HAProxy and Go do so
    too: the soft limit is low only for programs that use select)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def present() -> int:
    """The limit as it is."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 30
