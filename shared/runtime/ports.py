"""Ports for programs that are started later and cannot be told to take any.

The kernel gives its own range (`net.ipv4.ip_local_port_range`, from 32768 on) to whoever asks for
any port, and to every connection: one that was free a moment ago may be somebody's before the
program that it was found for listens. So they come from below that range, and each once in a
process.
"""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOST = "127.0.0.1"


def free_port() -> int:
    """A port of this machine that nobody listens on. Raises OSError when none is left."""
    return first_free(_candidates())


def first_free(ports: Iterable[int]) -> int:
    """The first of the `ports` that nobody listens on. Raises OSError when there is none."""
    for port in ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise OSError(f"no port is left on {HOST}: too many programs listen on 20000 to 29999")


@cache
def _candidates() -> Iterator[int]:
    """Those that were not tried yet, drawn when the first one is asked for."""
    return iter(random.sample(range(20_000, 30_000), 10_000))
