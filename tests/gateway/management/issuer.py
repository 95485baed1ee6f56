"""An OpenID Connect issuer on loopback, for tests: discovery, keys, UserInfo, and its tokens."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.management.access.bearer import Key

NOW = 1_000_000.0
"""The time at which a `ManualClock` begins."""
ALGORITHMS = ["RS256", "ES256", "Ed25519", "HS256", "none"]


@functools.cache
def rsa(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name})


@functools.cache
def elliptic(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name})


@functools.cache
def edwards(name: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": name})


def signed(key: Key, algorithm: str, claims: dict[str, Any], **header: Any) -> str:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    named = {"alg": algorithm, "kid": key.kid, **header}
    return jwt.encode(named, claims, key, ALGORITHMS, registry)


@dataclass
class Issuer:
    """What it answers can be changed while it runs; `asked` counts the requests by path."""

    url: str = ""
    keys: list[Key] = field(default_factory=lambda: [elliptic("first")])
    known: dict[str, Any] | None = None
    """What UserInfo says of every subject; None: it refuses the token."""
    replaced: dict[str, Any] = field(default_factory=dict)
    """Documents by path that are answered instead of the right ones."""
    down: bool = False
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it lets whoever asks wait, and `came` tells that somebody does."""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    asked: Counter[str] = field(default_factory=Counter)

    def token(self, subject: str = "alice@egi.eu", **claims: Any) -> str:
        """A good token, but for what `claims` change; a claim that is None is left out."""
        stated = {
            "iss": self.url,
            "sub": subject,
            "aud": ["exposed"],
            "iat": int(NOW),
            "exp": int(NOW) + 600,
            **claims,
        }
        given = {name: value for name, value in stated.items() if value is not None}
        return signed(self.keys[0], "ES256", given)

    def bearer(self, subject: str = "alice@egi.eu", **claims: Any) -> dict[str, str]:
        """The header field with such a token."""
        return {"Authorization": f"Bearer {self.token(subject, **claims)}"}

    async def answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        if not self.answers.is_set():
            self.came.set()
            await self.answers.wait()
        if self.down:
            return web.Response(status=500)
        if request.path in self.replaced:
            return web.json_response(self.replaced[request.path])
        if request.path == "/me" and self.known is None:
            return web.Response(status=401)
        return web.json_response(
            {
                "/.well-known/openid-configuration": {
                    "issuer": self.url,
                    "jwks_uri": f"{self.url}/keys",
                    "userinfo_endpoint": f"{self.url}/me",
                },
                "/keys": {"keys": [key.as_dict(private=False) for key in self.keys]},
                "/me": self.known,
            }[request.path]
        )


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    issuer.answers.set()
    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", issuer.answer)
    async with TestServer(app) as server:
        issuer.url = str(server.make_url("")).rstrip("/")
        yield issuer
