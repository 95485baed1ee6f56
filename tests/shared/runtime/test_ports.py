"""Ports for programs that are started later."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from shared.runtime import ports
from shared.runtime.ports import free_port

KERNELS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_port_is_given_twice_nor_one_that_the_kernel_may_give_to_a_connection() -> None:
    found = [free_port() for _ in range(50)]
    assert len(set(found)) == 50
    lowest = int(KERNELS.read_text().split()[0])
    assert max(found) < lowest


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert ports.first_free((port, free := free_port())) == free
        with pytest.raises(OSError, match="no port is left"):
            ports.first_free((port,))
