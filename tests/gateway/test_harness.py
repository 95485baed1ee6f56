from __future__ import annotations

import pytest

from tests.gateway.harness import Pod, Wire, get, rig


async def test_what_a_pod_finds_wrong_fails_the_test() -> None:
    async def script(wire: Wire) -> None:
        request = await wire.request()
        assert request.target == b"/elsewhere"

    with pytest.raises(AssertionError, match="elsewhere"):
        async with rig(await Pod(script).start()) as r:
            assert (await r.ask(get())).status == 502
