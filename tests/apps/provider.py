"""An OpenID provider that is as strict as Keycloak, with one client.

Its addresses are Keycloak's (`/realms/<realm>/protocol/openid-connect/…`), its tokens RS256.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH: Final = "/realms/test"
_CLIENT: Final = "Basic " + base64.b64encode(b"app:secret").decode()
_FORM: Final = """<!DOCTYPE html><title>Sign in</title>
<form method="post" action="{action}"><input name="username"><button>Sign In</button></form>"""


class Provider:
    """`issuer` is its public URL; a client may be sent back to `redirect_uri` alone."""

    def __init__(self, redirect_uri: str) -> None:
        self.issuer = ""
        self._path = f"{PATH}/"
        self.redirect_uri = redirect_uri
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._asked: dict[str, str] = {}

    def application(self, prefix: str = "") -> web.Application:
        """The provider below `prefix`, where it sees the paths of requests."""
        self._path = f"{prefix}{PATH}/"
        app = web.Application()
        protocol = f"{prefix}{PATH}/protocol/openid-connect"
        app.router.add_get(f"{prefix}{PATH}/.well-known/openid-configuration", self._metadata)
        app.router.add_get(f"{protocol}/auth", self._authorize)
        app.router.add_get(f"{protocol}/certs", self._keys)
        app.router.add_post(f"{protocol}/token", self._token)
        app.router.add_post(f"{prefix}{PATH}/login-actions/authenticate", self._authenticate)
        return app

    async def _metadata(self, _: web.Request) -> web.Response:
        protocol = f"{self.issuer}/protocol/openid-connect"
        return web.json_response({
            "issuer": self.issuer,
            "authorization_endpoint": f"{protocol}/auth",
            "token_endpoint": f"{protocol}/token",
            "jwks_uri": f"{protocol}/certs",
            "id_token_signing_alg_values_supported": ["RS256"],
        })  # fmt: skip

    async def _authorize(self, request: web.Request) -> web.Response:
        if request.query["redirect_uri"] != self.redirect_uri:
            return web.Response(status=400, text="Invalid parameter: redirect_uri")
        self._asked = dict(request.query)
        page = _FORM.format(action=f"{self.issuer}/login-actions/authenticate")
        response = web.Response(text=page, content_type="text/html")
        response.set_cookie("AUTH_SESSION_ID", "known", path=self._path, httponly=True)
        return response

    async def _authenticate(self, request: web.Request) -> web.Response:
        if request.cookies.get("AUTH_SESSION_ID") != "known":
            return web.Response(status=400, text="Restart login cookie not found")
        answer = {"state": self._asked["state"], "iss": self.issuer, "code": "the code"}
        self._asked["user"] = str((await request.post())["username"])
        raise web.HTTPFound(URL(self.redirect_uri).with_query(answer))

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert request.headers["Authorization"] == _CLIENT
        assert (form["code"], form["redirect_uri"]) == ("the code", self.redirect_uri)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "app", "sub": self._asked["user"],
                  "nonce": self._asked["nonce"], "iat": now, "exp": now + 60}  # fmt: skip
        token = {"access_token": "a", "token_type": "Bearer", "id_token": self._signed(claims)}
        return web.json_response(token)

    async def _keys(self, _: web.Request) -> web.Response:
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256",
               "n": _base64(_bytes(numbers.n)), "e": _base64(_bytes(numbers.e))}  # fmt: skip
        return web.json_response({"keys": [key]})

    def _signed(self, claims: Mapping[str, Any]) -> str:
        """A JSON Web Token (RFC 7519)."""
        parts = ({"alg": "RS256", "kid": "1"}, claims)
        text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        return f"{text}.{_base64(self._key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
