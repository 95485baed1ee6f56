"""A loop with one service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scaler.objects import service
from tests.scaler.world import World, settings, world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[World]:
    """Service `a`: one pod with a request of 100m, target 80 %."""
    async with world(service("a", 1), tmp_path, settings()) as made:
        yield made
