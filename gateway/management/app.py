"""The services API as an application: who may call, what failures look like, probes and metrics."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gateway.management import metrics
from gateway.management.access.fetching import Fetcher
from gateway.management.access.oidc import Oidc, Rules
from gateway.management.access.origins import Origins
from gateway.management.access.proxies import Proxies
from gateway.management.answers.ports import GO, IntegerPorts
from gateway.management.answers.system import Login
from gateway.management.calls import malformed
from gateway.management.calls.adoptions import Adoptions
from gateway.management.calls.audit import Audit
from gateway.management.calls.descriptions import Descriptions
from gateway.management.calls.elsewhere import Elsewhere
from gateway.management.calls.followers import Followers
from gateway.management.calls.forwarded import ForwardAuth
from gateway.management.calls.guard import Guard
from gateway.management.calls.handlers import BODY_SECONDS, Handlers
from gateway.management.calls.job_logs import JobLogs
from gateway.management.calls.openapi import OpenApi
from gateway.management.calls.system import System
from gateway.management.calls.tokens import Tokens
from gateway.management.objects.kept import SecretsTooLargeError
from gateway.management.objects.render import TooLargeError
from gateway.management.problems import RefusalError, invalid, of_cluster
from gateway.management.store.spaces import Spaces
from shared.kube.errors import KubeError
from shared.kube.resources import CONFIGMAPS
from shared.service.names import NAMESPACE
from shared.service.stored import StoredError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gateway.management.access.credentials import Credentials
    from gateway.management.store.tenants import Writes
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

MAX_BODY: Final = 1024 * 1024
PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
OWN_PAGES: Final = Origins()
NO_TOKENS: Final = Rules()


def application(
    kube: KubeClient,
    lifecycle: Writes,
    admin: Credentials,
    clock: Clock,
    body_seconds: float = BODY_SECONDS,
    origins: Origins = OWN_PAGES,
    tokens: Rules = NO_TOKENS,
    proxies: Sequence[str] = (),
    counts: metrics.Metrics | None = None,
    integers: IntegerPorts = GO,
    spaces: Spaces | None = None,
) -> web.Application:
    """The whole application; answers follow OSCAR's contract: errors are text or empty."""
    counts = counts or metrics.Metrics()
    fetcher = Fetcher()
    spaces = spaces or Spaces(kube)
    audit = Audit(Proxies(proxies, clock), clock)
    guard = Guard(spaces, admin, Oidc(tokens, fetcher, clock), audit, clock)
    app = web.Application(
        client_max_size=MAX_BODY,
        handler_args={"logger": malformed.logger()},
        middlewares=[
            _counted(counts),
            _preflights(origins),
            audit.middleware,
            _translated,
            _from(origins),
            guard.middleware,
        ],
    )
    app.on_response_prepare.append(_marking(origins))
    app.on_cleanup.append(lambda _: fetcher.close())
    app.add_routes(Handlers(kube, lifecycle, spaces, clock, body_seconds, integers).routes())
    app.add_routes(ForwardAuth(spaces, guard).routes())
    login = Login(bool(tokens.issuers), tokens.issuers, tuple(sorted(tokens.groups)))
    app.add_routes(System(kube, spaces, login, clock).routes())
    app.add_routes(JobLogs(kube, spaces).routes())
    app.add_routes(OpenApi().routes())
    app.add_routes(Adoptions(lifecycle, spaces).routes())
    app.add_routes(Descriptions(kube, spaces, clock).routes())
    app.add_routes(Tokens(lifecycle).routes())
    followers = Followers(kube, spaces, clock)
    app.add_routes(followers.routes())
    app.on_shutdown.append(followers.shut_down)
    app.add_routes(_Probes(kube, counts).routes())
    app.add_routes(Elsewhere().routes())
    return app


class _Probes:
    def __init__(self, kube: KubeClient, counts: metrics.Metrics) -> None:
        self._kube = kube
        self._counts = counts

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", self._health),
            web.get("/healthz", self._health),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._metrics),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="Ok")

    async def _ready(self, _: web.Request) -> web.Response:
        try:
            await self._kube.page(CONFIGMAPS, NAMESPACE, limit=1)
        except KubeError as error:  # whatever it is, an API server that starts says it too
            refused = of_cluster(error, "reading the services")
            return web.Response(status=503, text=refused.text, headers={"Retry-After": "2"})
        return web.Response(text="ready\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._counts.render(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )


def _counted(counts: metrics.Metrics) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        response = await handler(request)
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        counts.answered(request.method, route, response.status, time.monotonic() - began)
        return response

    return middleware


@web.middleware
async def _translated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure as OSCAR tells it."""
    try:
        return await handler(request)
    except RefusalError as error:
        return _refused(error)
    except KubeError as error:
        log.warning("%s %s: %s", request.method, request.path, error)
        return _refused(of_cluster(error, _doing(request)))
    except StoredError as error:
        log.warning("%s %s: %s", request.method, request.path, error)
        text = f"The stored definition is wrong, replace it with PUT or delete it: {error}"
        return web.Response(status=500, text=text)
    except (TooLargeError, SecretsTooLargeError) as error:
        return _refused(invalid([str(error)]))
    except web.RequestPayloadError:
        return _refused(RefusalError(400, "the body is not coded as its fields say; send it again"))
    except web.HTTPRequestEntityTooLarge:
        return web.Response(status=413, text=f"the body is longer than {MAX_BODY} bytes")
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return await _unknown(request)


def _preflights(origins: Origins) -> Middleware:
    """They carry no credentials, and are answered before any are asked for."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = origins.preflight(request.method, request.headers)
        return await handler(request) if asked is None else web.Response(status=204, headers=asked)

    return middleware


def _marking(origins: Origins) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """What every answer has, refusals and streams too: answers hold tokens, and say who may read
    them."""

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(PRIVATE | origins.fields(request.headers.get("Origin", "")))

    return mark


def _from(origins: Origins) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if fault := origins.fault(request.method, request.headers):
            log.warning("%s %s: %s", request.method, request.path, fault)
            raise RefusalError(403, fault)
        return await handler(request)

    return middleware


def _refused(error: RefusalError) -> web.Response:
    headers = ({"Retry-After": "2"} if error.status == 503 else {}) | dict(error.headers)
    return web.Response(status=error.status, text=error.text, headers=headers)


def _doing(request: web.Request) -> str:
    words = {"POST": "creating", "PUT": "updating", "DELETE": "deleting"}
    action = request.path.rsplit("/", 1)[-1]
    if request.method == "POST" and action != "services":
        doing = {
            "stop": "stopping",
            "start": "starting",
            "wake": "waking",
            "token": "giving a new token to",
        }
        return doing.get(action, "restarting") + " the service"
    return words.get(request.method, "reading") + " the service"


async def _unknown(request: web.Request) -> web.Response:
    """Like OSCAR's router: a slash too many redirects; the rest is 404, also a wrong method."""
    path = request.path.rstrip("/")
    if path and path != request.path:
        clone = request.clone(rel_url=request.rel_url.with_path(path, keep_query=True))
        if (await request.app.router.resolve(clone)).http_exception is None:
            code = 301 if request.method == "GET" else 307
            return web.Response(status=code, headers={"Location": str(clone.rel_url)})
    return web.Response(status=404, text="404 page not found")
