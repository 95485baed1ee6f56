"""Whom a real browser shows what it was told, and what of it reaches which pod."""

from __future__ import annotations

import base64
import hashlib
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Identity
from gateway.services.spec import ServiceSpec
from tests.gateway.harness import DIGEST, TOKEN, Pod, Wire, rig
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.apps.browser import Page

PAIR = b"oscar:password"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
ASKS = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="%b"\r\nContent-Length: 0\r\n\r\n'
Seen = dict[str, list[str]]
"""What each pod was shown, oldest first."""


def serving(seen: Seen, name: str, realm: bytes) -> Callable[[Wire], Awaitable[None]]:
    """Asks for a password in `realm`, if it is named, until it gets one."""

    async def script(wire: Wire) -> None:
        while True:
            request = await wire.request()
            shown = request.fields.get(b"authorization", b"")
            if b"favicon" not in request.target:
                seen.setdefault(name, []).append(base64.b64decode(shown[6:]).decode())
            await wire.send(ASKS % realm if realm and not shown else PAGE)

    return script


def _more(visits: list[str], before: int) -> bool:
    return len(visits) > before


@pytest.mark.parametrize("known", [True, False])
async def test_passwords_reach_only_those_they_are_for(page: Page, known: bool) -> None:
    """Chromium sends the password of `/system/services` to every path below `/system/`, as RFC
    7617, section 2.2, has it. Without the digest the gateway cannot tell it from others."""
    seen: Seen = {}
    asking = {"api": b"Authorization Required", "open": b"", "mine": b"",
              "thief": b"exposed service mine", "other": b"Authorization Required"}  # fmt: skip
    administrator = hashlib.sha256(PAIR).digest() if known else b""
    async with rig(identity=Identity(administrator=administrator)) as r, AsyncExitStack() as stack:
        for name, realm in asking.items():
            pod = await Pod(serving(seen, name, realm)).start()
            stack.push_async_callback(pod.stop)
            if name == "api":
                r.services.manage([("127.0.0.1", pod.port)])
                continue
            guarded = name == "mine"
            r.services.define([ServiceSpec(name, set_auth=guarded, digest=DIGEST * guarded)])
            r.services.locate(name, [pod.endpoint])
        host = f"127.0.0.1:{r.port}"
        for path, name in (
            (f"{PAIR.decode()}@{host}/system/services", "api"),
            (f"mine:{TOKEN}@{host}/system/services/mine/exposed/", "mine"),
            *((f"{host}/system/services/{one}/exposed/", one)
              for one in ("open", "thief", "other", "mine")),
        ):  # fmt: skip
            visits = seen.setdefault(name, [])
            before = len(visits)
            await page.go(f"http://{path}")
            await until(partial(_more, visits, before), f"a visit to {path}")
        assert seen["api"][-1] == PAIR.decode()
        assert seen["mine"] == ["", ""]
        leaked = {name for name in ("open", "thief", "other") if any(seen[name])}
        assert leaked == (set() if known else {"open", "thief", "other"})
