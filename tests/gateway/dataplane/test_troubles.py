"""What is kept of requests that did not go well, and that nothing secret is."""

from __future__ import annotations

import time
from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest

from gateway.dataplane.troubles import ID, PATH, path_of
from tests.gateway.harness import DIGEST, TOKEN, Pod, echo, get, post, rig

if TYPE_CHECKING:
    from tests.gateway.harness import Wire


async def broken(wire: Wire) -> None:
    """Reads a head and says that it failed."""
    await wire.head()
    await wire.send(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


async def gone(wire: Wire) -> None:
    """Reads a head and closes."""
    await wire.head()


async def test_a_good_request_leaves_nothing() -> None:
    async with rig(await Pod(echo).start()) as r:
        assert (await r.ask(post(b"hello"))).status == 200
        await r.balanced()
        assert not r.state.stats.troubles.failed
        assert r.state.stats.failures == {}


async def test_a_pods_failure_is_kept_with_its_pod_and_its_times() -> None:
    pod = await Pod(broken).start()
    async with rig(pod) as r:
        answer = await r.ask(get(b"/x?y=1"))
        await r.balanced()
        (found,) = r.state.stats.troubles.failed
        assert (found.method, found.status, found.reason) == ("GET", 500, "")
        assert (found.path, found.source) == ("/system/services/echo/exposed/x", "upstream")
        assert found.address == f"127.0.0.1:{pod.port}"
        assert found.first_byte_s is not None
        assert 0 < found.first_byte_s <= found.duration_s
        assert found.request_id == answer.fields[b"x-request-id"].decode()
        assert r.state.stats.failures == {"pod_5xx": 1}


async def test_what_the_gateway_refuses_is_kept_by_its_reason() -> None:
    async with rig(await Pod(gone).start()) as r:
        assert (await r.ask(post(b"hello"))).status == 502
        await r.balanced()
        (found,) = r.state.stats.troubles.failed
        assert (found.status, found.reason, found.source) == (502, "upstream_closed", "gateway")
        assert found.first_byte_s is None
        assert r.state.stats.failures == {"upstream_closed": 1}
        (backend,) = r.state.balancer.backends.values()
        assert backend.complaint == "upstream_closed"


async def test_a_browser_that_is_told_to_wait_has_not_failed() -> None:
    async with rig() as r:
        answer = await r.ask(get(b"/", b"Accept: text/html", b"Sec-Fetch-Mode: navigate"))
        await r.balanced()
        assert answer.status == 503
        assert not r.state.stats.troubles.failed


async def test_a_slow_first_byte_is_kept() -> None:
    async with rig(await Pod(echo).start()) as r:
        r.state.stats.troubles.over = 0.0
        assert (await r.ask(post(b"hello"))).status == 200
        await r.balanced()
        assert not r.state.stats.troubles.failed
        (found,) = r.state.stats.troubles.slowest(time.time())
        assert (found.status, found.reason) == (200, "")


async def test_no_secret_is_kept_and_nothing_acts_on_a_screen() -> None:
    word = "open-sesame"
    async with rig(await Pod(broken).start(), set_auth=True, digest=DIGEST) as r:
        target = f"/\x1b[31mred;token={word}/?token={TOKEN}&q={word}".encode()
        fields = (b"Cookie: a=" + word.encode(), b"X-Request-Id: " + b"i" * 100)
        await r.ask(get(target, b"Authorization: Bearer " + TOKEN.encode(), *fields))
        await r.ask(get(b"/\xe2\x80\xaex", b"Authorization: Bearer " + TOKEN.encode()))
        await r.ask(get(b"/?token=" + word.encode()))
        await r.balanced()
        for found in r.state.stats.troubles.failed:
            told = "".join(map(str, astuple(found)))
            assert TOKEN not in told
            assert word not in told
            assert told.isprintable()
            assert len(found.request_id) <= ID
        assert r.state.stats.troubles.failed


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/b?c=d", "/a/b"),
        ("/a;token=x;b", "/a;token=REDACTED;b"),
        ("/a#token=x", "/a"),
        ("/a\nb", "/a\\nb"),
        ("*", "*"),
        ("", ""),
        ("/" + "x" * 1000, "/" + "x" * (PATH - 1)),
    ],
)
def test_of_a_target_the_path_is_kept(target: str, path: str) -> None:
    assert path_of(target) == path
