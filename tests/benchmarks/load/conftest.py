"""The programs in C, built once for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.load.arms import application
from benchmarks.load.native import Programs, build
from shared.runtime.ports import free_port


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return build(tmp_path_factory.mktemp("native"))


@pytest.fixture
async def pod(programs: Programs) -> AsyncIterator[tuple[str, int]]:
    """The application on an address of its own."""
    address, port = "127.8.3.1", free_port()
    async with application(programs, port, [address]):
        yield address, port


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nginx, whose worker is another user, can read."""
    for one in (tmp_path, *tmp_path.parents[:2]):
        one.chmod(0o755)
    return tmp_path
