"""Addresses that pods may have."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from gateway.services.spec import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def unreachable() -> Iterator[Endpoint]:
    """An address whose backlog is full: attempts to connect to it neither succeed nor fail."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield Endpoint(*address)
