"""The API server: authenticates, authorizes and dispatches each request; ends gracefully.

Started by `cluster`. What a verb does is decided in `api`; here is who may ask, and who answers.
https://kubernetes.io/docs/reference/access-authn-authz/authentication/ and authorization/
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson
from aiohttp import web

from shared.embedded import declarations, kinds
from shared.embedded.access import impersonation, rbac
from shared.embedded.api.providers import Providers
from shared.embedded.api.watching import BACKLOG
from shared.embedded.errors import StatusError, internal, method_not_allowed, no_such_resource
from shared.embedded.http import (
    absent,
    descriptions,
    documents,
    health,
    media,
    presentation,
    target,
)
from shared.embedded.http.exchange import LARGEST_BODY, Exchange, json_response
from shared.embedded.http.logs import Logs
from shared.embedded.http.streams import SUBRESOURCES as STREAMED
from shared.embedded.http.streams import Streams
from shared.embedded.http.subresources import Subresources
from shared.embedded.http.verbs import Verbs
from shared.embedded.http.watches import BOOKMARK_INTERVAL, Watches

if TYPE_CHECKING:
    from ssl import SSLContext

    from shared.embedded.access.authentication import Tokens
    from shared.embedded.access.rbac import Attributes, User
    from shared.embedded.api.operations import Api
    from shared.embedded.http.target import Target
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

_PLAIN: Final = ("", "status", "scale")
_CLOSING_SECONDS: Final = 2.0
_WARNING: Final = web.RequestKey("deprecated", str)


class ApiServer:
    """The Kubernetes API over HTTP. `start` gives the port; `stop` ends watches and connections."""

    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        providers: Providers | None = None,
        *,
        bookmark_interval: float = BOOKMARK_INTERVAL,
        watch_backlog: int = BACKLOG,
    ) -> None:
        self.providers = providers or Providers()
        self._api = api
        self._tokens = tokens
        self._verbs = Verbs(api, self._policy)
        self._watches = Watches(api, bookmark_interval, watch_backlog)
        self._logs = Logs(api, self.providers)
        self._streams = Streams(api, self.providers, self._allowed)
        self._others = Subresources(api, self.providers, tokens, self._policy)
        self._address = ""
        self._runner: web.AppRunner | None = None

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, tls: SSLContext | None = None
    ) -> int:
        """Listen, and answer with the port; raises OSError when it is taken."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.on_response_prepare.append(_warn)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_CLOSING_SECONDS, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        await site.start()
        bound: int = self._runner.addresses[0][1]
        self._address = f"{host}:{bound}"
        return bound

    async def stop(self) -> None:
        """End every watch in order, then close; a log that is followed is cut, a stream ended."""
        self._watches.close()
        await self._streams.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            user = self._tokens.user(request.headers.get("Authorization", ""))
            user = impersonation.acting(request.headers, user, self._allowed)
            return presentation.shown(request, await self._answer(request, user))
        except StatusError as error:
            return presentation.shown(request, _refusal(error))
        except ConnectionError:
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return _refusal(internal("the server's log has the reason"))

    async def _answer(self, request: web.Request, user: User) -> web.StreamResponse:
        wanted = target.parse(request.method, request.path, request.query)
        if wanted is None:
            self._authorize(user, rbac.Attributes(request.method.lower(), path=request.path))
            return await self._document(request)
        self._authorize(user, wanted.attributes())
        kind = wanted.kind
        if kind is not None and kind.source == "metrics" and not self.providers.pod_metrics:
            return _no_page()  # like a cluster without metrics-server
        if kind is None:
            if left_out := absent.missing(wanted.group, wanted.plural):
                raise left_out
            if not declarations.versions(wanted.group):
                return _no_page()
            raise no_such_resource()
        _check_path(kind, wanted)
        if kind.deprecated:
            request[_WARNING] = kind.deprecated
        if prepare := self._api.before_reading.get(kind):
            prepare()
        if request.method == "HEAD":
            raise method_not_allowed()
        if self._creates(request, kind, wanted):
            self._authorize(user, replace(wanted, verb="create").attributes())
        return await self._dispatch(Exchange(request, wanted, kind, user))

    async def _dispatch(self, exchange: Exchange) -> web.StreamResponse:
        wanted, kind = exchange.target, exchange.kind
        if wanted.verb not in _verbs(kind, wanted.subresource):
            raise method_not_allowed()
        if wanted.verb == "watch":
            return await self._watches.answer(exchange)
        if wanted.subresource == "log":
            return await self._logs.answer(exchange)
        if wanted.subresource in STREAMED:
            return await self._streams.answer(exchange)
        if kind.source == "store" and wanted.subresource in _PLAIN:
            return await self._verbs.answer(exchange)
        return await self._others.answer(exchange)

    def _creates(self, request: web.Request, kind: Kind, wanted: Target) -> bool:
        """Whether a change makes a new object, which needs the right to create one."""
        applies = wanted.verb == "patch" and media.is_apply(request.headers.get("Content-Type", ""))
        if not applies and not (wanted.verb == "update" and kind.created_by_update):
            return False
        stored = kind.source == "store" and not wanted.subresource
        return stored and self._api.find(kind, wanted.name, wanted.space) is None

    async def _document(self, request: web.Request) -> web.Response:
        healthy = health.answer(request.path, request.query)
        if healthy is not None:
            return web.Response(text=healthy, headers={"X-Content-Type-Options": "nosniff"})
        accept = request.headers.get("Accept", "")
        # The first time, a document's descriptions are gathered from a hundred files.
        found = await asyncio.to_thread(
            documents.find, request.path, self._address, accept, descriptions.of
        )
        if found is None:
            return _no_page()
        media_type, document = found
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return web.Response(body=body, headers={"Content-Type": media_type})

    def _authorize(self, user: User, asked: Attributes) -> None:
        if not self._allowed(user, asked):
            raise rbac.refusal(user, asked)

    def _allowed(self, user: User, asked: Attributes) -> bool:
        return rbac.allows(self._policy(), user, asked)

    def _policy(self) -> rbac.Policy:
        return rbac.Policy(
            roles=self._stored(kinds.ROLE),
            role_bindings=self._stored(kinds.ROLE_BINDING),
            cluster_roles=self._stored(kinds.CLUSTER_ROLE),
            cluster_role_bindings=self._stored(kinds.CLUSTER_ROLE_BINDING),
        )

    def _stored(self, kind: Kind) -> list[Obj]:
        return [entry.object for entry in self._api.store.entries(kind.bucket)]


def _verbs(kind: Kind, subresource: str) -> tuple[str, ...]:
    """What may be done; raises 404 for a subresource that the kind does not have."""
    if not subresource:
        return kind.verbs
    found = kind.subresource(subresource)
    if found is None:
        raise no_such_resource()
    return found.verbs


def _check_path(kind: Kind, wanted: Target) -> None:
    """Objects of a namespace are reached through it; only lists and watches span all. What is
    created has no name in its path, what is changed has one."""
    if wanted.namespace is not None and not kind.namespaced:
        raise no_such_resource()
    if kind.namespaced and wanted.namespace is None and wanted.verb not in ("list", "watch"):
        raise method_not_allowed() if wanted.verb == "create" else no_such_resource()
    creates_by_name = wanted.verb == "create" and wanted.name and not wanted.subresource
    if creates_by_name or (wanted.verb in ("update", "patch") and not wanted.name):
        raise method_not_allowed()


async def _warn(request: web.Request, response: web.StreamResponse) -> None:
    """Tell whoever uses what is deprecated (RFC 7234, section 5.5)."""
    if _WARNING in request:
        response.headers.add("Warning", f'299 - "{request[_WARNING]}"')


def _refusal(error: StatusError) -> web.Response:
    response = json_response(orjson.dumps(error.status()), error.code)
    retry = (error.details or {}).get("retryAfterSeconds")
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response


def _no_page() -> web.Response:
    return web.Response(text="404 page not found\n", status=404)
