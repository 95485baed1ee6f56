"""The calls of OSCAR's services API: HTTP in, HTTP out; what they do is in `lifecycle`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from gateway.management import problems
from gateway.management.access import forward_auth
from gateway.management.access.caller import may_see, owned
from gateway.management.answers import logs, status
from gateway.management.answers.log_cursor import CursorError
from gateway.management.answers.representation import service_json
from gateway.management.calls.guard import CALLER, service_name
from gateway.management.calls.requests import find
from gateway.management.calls.requests import json_answer as _json
from gateway.management.store.catalog import NS, Catalog, Entry
from shared.service import fdl, names, tokens
from shared.service.stored import StoredError, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.management.access.credentials import Credentials
    from gateway.management.store.lifecycle import Lifecycle
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

BODY_SECONDS: Final = 30.0
"""Seconds a client has to send its definition, if not told otherwise."""
MOST_WARNINGS: Final = 20
LONGEST_WARNING: Final = 300
"""Characters: clients bound the size of a head."""


class Handlers:
    """One method a route of `/system/services`; a client has `body_seconds` for its definition."""

    def __init__(
        self,
        kube: KubeClient,
        lifecycle: Lifecycle,
        admin: Credentials,
        clock: Clock,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._kube = kube
        self._catalog = Catalog(kube)
        self._lifecycle = lifecycle
        self._admin = admin
        self._clock = clock
        self._body_seconds = body_seconds

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        one = "/system/services/{name}"
        return [
            web.post("/system/services", self.create),
            web.get("/system/services", self.list, allow_head=False),
            web.put("/system/services", self.replace),
            web.get(one, self.get, allow_head=False),
            web.delete(one, self.delete),
            web.post(one + "/stop", self.stop),
            web.post(one + "/start", self.start),
            web.post(one + "/restart", self.restart),
            web.get(one + "/deployment", self.deployment, allow_head=False),
            web.get(one + "/deployment/logs", self.logs, allow_head=False),
            web.get(one + "/auth", self.auth, allow_head=False),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 without a body; what is odd about the definition stands in Warning headers."""
        parsed = await _parsed(request, self._body_seconds)
        if parsed.service.expose is None:
            raise problems.invalid(
                ["expose: is missing; only exposed services run here, give its api_port"]
            )
        notes = await self._lifecycle.create(owned(parsed.service, request[CALLER]))
        return _with_warnings(web.Response(status=201), parsed.warnings + notes)

    async def replace(self, request: web.Request) -> web.Response:
        """204; a definition without `expose` ends the exposure and keeps the service."""
        parsed = await _parsed(request, self._body_seconds)
        notes = await self._lifecycle.replace(parsed.service, request[CALLER])
        return _with_warnings(web.Response(status=204), parsed.warnings + notes)

    async def list(self, request: web.Request) -> web.Response:
        """All services that the caller may see; `include=deployment` adds the state of each."""
        if request.query.get("include") != "deployment":
            found = await self._visible(request)
            claims = await self._catalog.claims(one.service for one in found)
            return _json([service_json(one.service, one.token, None, claims) for one in found])
        found, deployments = await asyncio.gather(
            self._visible(request), self._catalog.deployments()
        )
        claims = await self._catalog.claims(one.service for one in found)
        return _json([_described(one, deployments.get(one.service.name), claims) for one in found])

    async def get(self, request: web.Request) -> web.Response:
        """One service."""
        stored = await self._find(request)
        claims = await self._catalog.claims([stored.service])
        if request.query.get("include") != "deployment":
            return _json(service_json(stored.service, stored.token, None, claims))
        deployment = await self._catalog.deployment(stored.service.name)
        return _json(_described(stored, deployment, claims))

    async def delete(self, request: web.Request) -> web.Response:
        """204; a volume that stays is named in a Warning header."""
        notes = await self._lifecycle.delete(service_name(request))
        return _with_warnings(web.Response(status=204), notes)

    async def stop(self, request: web.Request) -> web.Response:
        """200 with the state after it."""
        name = service_name(request)
        return _state(name, await self._lifecycle.stop(name))

    async def start(self, request: web.Request) -> web.Response:
        """200 with the state after it."""
        name = service_name(request)
        return _state(name, await self._lifecycle.start(name))

    async def restart(self, request: web.Request) -> web.Response:
        """200 with the state after it."""
        name = service_name(request)
        now = datetime.fromtimestamp(self._clock.now(), UTC).isoformat().replace("+00:00", "Z")
        return _state(name, await self._lifecycle.restart(name, now))

    async def deployment(self, request: web.Request) -> web.Response:
        """The state of the service."""
        stored = await self._find(request)
        name = stored.service.name
        return _state(name, await self._catalog.deployment(name))

    async def logs(self, request: web.Request) -> web.Response:
        """The lines of its pods: the newest, or those after a cursor."""
        stored = await self._find(request)
        try:
            asked = logs.wanted(request.query)
        except CursorError as error:
            raise problems.RefusalError(400, f"after: {error}") from error
        return _json(await logs.read_logs(self._kube, stored.service.name, asked))

    async def auth(self, request: web.Request) -> web.Response:
        """200 or 401 without a body, for proxies that forward authentication."""
        name = service_name(request)
        configmap = await self._catalog.configmap(name)
        known = _stated(configmap)
        question = forward_auth.Question(
            authorization=request.headers.get("Authorization", ""),
            token=request.query.get("token", ""),
            forwarded_uri=request.headers.get("X-Forwarded-Uri", ""),
            cookie=tokens.session(_sessions(request, name), known).decode(),
        )
        passes, token = forward_auth.allowed(question, known, self._admin)
        if not passes:
            raise problems.RefusalError(401)
        if configmap is None:  # told to the administrator alone
            raise problems.not_found()
        response = web.Response()
        if token:
            first = request.headers.get("X-Forwarded-Proto", "").partition(",")[0]
            secure = first.strip().lower() in ("https", "wss")  # Traefik's word for a WebSocket
            path = names.base_path(name).encode()
            cookie = tokens.session_cookie(name, token.encode(), path, secure=secure)
            response.headers["Set-Cookie"] = cookie.decode()
        return response

    async def _visible(self, request: web.Request) -> tuple[Entry, ...]:
        found = await self._catalog.all()
        return tuple(one for one in found if may_see(request[CALLER], one.service))

    async def _find(self, request: web.Request) -> Entry:
        return await find(self._catalog, request)


async def _parsed(request: web.Request, seconds: float) -> fdl.Parsed:
    try:
        async with asyncio.timeout(seconds):
            raw = await request.read()
    except TimeoutError:
        text = f"the body did not come within {seconds:g} s"
        raise problems.RefusalError(408, text) from None
    try:  # JSON whatever the Content-Type says: oscar-python sends none
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise problems.invalid([f"the body is not JSON: {error}"]) from error
    try:
        return fdl.parse_service(body)
    except fdl.FdlError as error:
        raise problems.invalid(error.problems) from error


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


def _described(stored: Entry, deployment: Obj | None, claims: Mapping[str, Obj]) -> dict[str, Any]:
    state = status.deployment_status(deployment)
    return service_json(stored.service, stored.token, state, claims)


def _state(name: str, deployment: Obj | None) -> web.Response:
    return _json(status.full_status(name, NS, deployment))


def _with_warnings(response: web.Response, warnings: tuple[str, ...]) -> web.Response:
    beyond = len(warnings) - MOST_WARNINGS
    more = (f"and {beyond} more",) if beyond > 0 else ()
    for warning in warnings[:MOST_WARNINGS] + more:  # as Kubernetes: RFC 7234 §5.5, code 299
        text = warning[:LONGEST_WARNING].encode("ascii", "backslashreplace").decode()
        quoted = "".join(char for char in text if char.isprintable()).replace("\\", "\\\\")
        response.headers.add("Warning", '299 - "' + quoted.replace('"', '\\"') + '"')
    return response
