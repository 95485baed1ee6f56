"""`GET …/{name}/auth`, for proxies that forward authentication: HTTP in, HTTP out.

The answer is a status without a body, and the cookie that keeps a browser signed in. No challenge
either: a page of a service must not make browsers ask for the administrator's password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from gateway.management import problems
from gateway.management.access import forward_auth
from gateway.management.access.needs import FORWARDED
from gateway.management.calls.guard import service_name
from shared.service import names, tokens
from shared.service.stored import StoredError, digest

if TYPE_CHECKING:
    from gateway.management.calls.guard import Guard
    from gateway.management.store.spaces import Spaces
    from shared.service.objects import Obj


class ForwardAuth:
    """By a service's token, or by who calls as everywhere else; a service's Basic is neither."""

    def __init__(self, spaces: Spaces, guard: Guard) -> None:
        self._spaces = spaces
        self._guard = guard

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        return [web.get(FORWARDED, self.auth, allow_head=False)]

    async def auth(self, request: web.Request) -> web.Response:
        """200, or 401, 403, 404, 429, 503."""
        name = service_name(request)
        known = _stated(await (await self._spaces.catalog(name)).configmap(name))
        verdict, token = forward_auth.verdict(_question(request, name, known), known)
        if verdict == "wrong":
            raise problems.RefusalError(401)
        if verdict == "none":
            await self._ask(request, name)
            return web.Response()
        response = web.Response()
        response.headers["Set-Cookie"] = _cookie(request, name, token)
        return response

    async def _ask(self, request: web.Request, name: str) -> None:
        try:
            caller = await self._guard.identify(request)
            await self._guard.permit(caller, "see", name)
        except problems.RefusalError as error:
            status = 401 if error.status == 400 else error.status
            kept = {key: text for key, text in error.headers.items() if key == "Retry-After"}
            raise problems.RefusalError(status, headers=kept) from error


def _question(request: web.Request, name: str, known: bytes) -> forward_auth.Question:
    return forward_auth.Question(
        authorization=request.headers.get("Authorization", ""),
        token=request.query.get("token", ""),
        forwarded_uri=request.headers.get("X-Forwarded-Uri", ""),
        cookie=tokens.session(_sessions(request, name), known).decode(),
    )


def _stated(configmap: Obj | None) -> bytes:
    """The digest by which a service's token is known; empty when no token can be right."""
    try:
        return digest(configmap) if configmap is not None else b""
    except StoredError:
        return b""


def _sessions(request: web.Request, name: str) -> list[bytes]:
    """The values of all cookies that are called as the session of service `name`."""
    fields = ";".join(request.headers.getall("Cookie", ())).encode("utf-8", "replace")
    pairs = (item.strip().partition(b"=") for item in fields.split(b";"))
    return [value.strip(b' "') for key, _, value in pairs if key == tokens.session_name(name)]


def _cookie(request: web.Request, name: str, token: str) -> str:
    first = request.headers.get("X-Forwarded-Proto", "").partition(",")[0]
    secure = first.strip().lower() in ("https", "wss")  # Traefik's word for a WebSocket
    path = names.base_path(name).encode()
    return tokens.session_cookie(name, token.encode(), path, secure=secure).decode()
