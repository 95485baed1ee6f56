"""The API server of a module's `cluster`, as a scaler meets it that is to see it break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scaler.proxy import Proxy, proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.scaler.embedded import Embedded


@pytest.fixture
async def before(cluster: Embedded) -> AsyncIterator[Proxy]:
    async with proxy(f"http://127.0.0.1:{cluster.port}") as made:
        yield made
