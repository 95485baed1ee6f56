"""pods/exec, pods/attach and pods/portforward: who may, what is asked for, and by which protocol.

Called by the server; the node agent gives what runs (`api/sessions`), `streaming` knows what is
said. kubectl of today opens a WebSocket with GET, one older than 1.31 upgrades to SPDY with POST.
https://kubernetes.io/docs/reference/using-api/api-concepts/ and KEP-4006.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import re
from typing import TYPE_CHECKING, Final

from shared.embedded import kinds
from shared.embedded.access import rbac
from shared.embedded.api.sessions import ExecRequest
from shared.embedded.errors import StatusError, bad_request, too_many_requests, unavailable
from shared.embedded.http import spdy_upgrade, websocket
from shared.embedded.http.logs import container_of
from shared.embedded.http.target import flag
from shared.embedded.streaming import spdy_client
from shared.embedded.streaming.forwarding import PROTOCOL, forward
from shared.embedded.streaming.port_channels import MOST_PORTS, forward_ports
from shared.embedded.streaming.relay import relay
from shared.embedded.streaming.spdy import over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiohttp import web

    from shared.embedded.access.rbac import Attributes, User
    from shared.embedded.api.operations import Api
    from shared.embedded.api.providers import Providers
    from shared.embedded.api.sessions import Output
    from shared.embedded.http.exchange import Exchange
    from shared.embedded.streaming.relay import Client
    from shared.embedded.streaming.spdy import Connection
    from shared.service.objects import Obj

SUBRESOURCES: Final = ("attach", "exec", "portforward")
MOST: Final = 256
"""Streams of all clients at a time."""
_OUTPUTS: Final[tuple[Output, ...]] = ("stdout", "stderr")


class Streams:
    """Answers through the node agent; `close` ends what is still open."""

    def __init__(
        self, api: Api, providers: Providers, allowed: Callable[[User, Attributes], bool]
    ) -> None:
        self._api = api
        self._providers = providers
        self._allowed = allowed
        self._open: set[asyncio.Task[None]] = set()

    async def answer(self, exchange: Exchange) -> web.StreamResponse:
        """Raises StatusError while the answer has not begun."""
        target = exchange.target
        self._authorize(exchange)
        pod = self._api.get(kinds.POD, target.name, target.space)
        if not exchange.request.headers.get("Upgrade"):
            raise bad_request("Upgrade request required")
        with self._tended():
            if target.subresource == "portforward":
                return await self._forward(exchange.request, pod)
            return await self._command(exchange, pod)

    async def close(self) -> None:
        """End every stream."""
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)

    def _authorize(self, exchange: Exchange) -> None:
        """A WebSocket comes by GET, but what it does is `create`; both are needed, so that who may
        only read runs nothing."""
        asked = dataclasses.replace(exchange.target.attributes(), verb="create")
        if not self._allowed(exchange.user, asked):
            raise rbac.refusal(exchange.user, asked)

    @contextlib.contextmanager
    def _tended(self) -> Iterator[None]:
        """Count the stream among those that `close` ends."""
        if len(self._open) >= MOST:
            raise too_many_requests(f"{MOST} streams are open: end one of them first")
        task = asyncio.current_task()
        assert task is not None, "a request is answered by a task"
        self._open.add(task)
        try:
            yield
        finally:
            self._open.discard(task)

    async def _command(self, exchange: Exchange, pod: Obj) -> web.StreamResponse:
        wanted = _exec_request(exchange, pod)
        _check_place(pod)
        if websocket.is_asked(exchange.request):
            by_channels = await websocket.command(exchange.request)
            await self._run(by_channels, pod, wanted)
            return by_channels.response
        wire = await spdy_upgrade.begin(exchange.request, spdy_client.PROTOCOLS)

        async def work(connection: Connection) -> None:
            client = await spdy_client.open_command(connection, wanted)
            if client is not None:
                try:
                    await self._run(client, pod, wanted)
                finally:
                    await client.stop()

        await over(wire, work)
        return wire.response

    async def _run(self, client: Client, pod: Obj, wanted: ExecRequest) -> None:
        start = self._providers.execute if wanted.command else self._providers.attach
        try:
            if start is None:
                raise _no_agent()
            session = await start(pod, wanted)
        except StatusError as error:
            with contextlib.suppress(ConnectionError):
                await client.finish(error.status())
            return
        outputs = tuple(each for each in _OUTPUTS if getattr(wanted, each))
        with contextlib.suppress(ConnectionError):  # the client may go at any moment
            await relay(client, session, outputs)

    async def _forward(self, request: web.Request, pod: Obj) -> web.StreamResponse:
        _check_place(pod)
        provider = self._providers.dial
        if provider is None:
            raise _no_agent()
        dial = functools.partial(provider, pod)
        if websocket.is_asked(request) and not websocket.is_tunnel(request):
            wanted = _ports(request)
            client = await websocket.ports(request)
            with contextlib.suppress(ConnectionError):
                await forward_ports(client, wanted, dial)
            return client.response
        wire: websocket.Tunnel | spdy_upgrade.SpdyWire
        if websocket.is_asked(request):
            wire = await websocket.tunnel(request, PROTOCOL)
        else:
            wire = await spdy_upgrade.begin(request, (PROTOCOL,))
        await over(wire, lambda connection: forward(connection, dial))
        return wire.response


def _ports(request: web.Request) -> list[int]:
    """What a client without SPDY asks for; raises 400."""
    texts = [each for text in request.query.getall("ports", ()) for each in text.split(",")]
    ports = [int(text) if re.fullmatch("[0-9]{1,5}", text) else 0 for text in texts]
    if not 0 < len(ports) <= MOST_PORTS or not all(0 < port < 65536 for port in ports):
        raise bad_request(
            f"unable to upgrade: query parameter ports: 1 to {MOST_PORTS} numbers of ports are due"
        )
    return ports


def _exec_request(exchange: Exchange, pod: Obj) -> ExecRequest:
    """What the query asks for; raises 400."""
    given = exchange.query
    flags = {name: flag(given, name) for name in ("stdin", "stdout", "stderr", "tty")}
    command = tuple(given.getall("command", ()))
    if exchange.target.subresource == "exec" and not command:
        raise bad_request("command: Required value: at least one word is to be run")
    if flags["tty"]:  # a terminal has one output
        flags["stderr"] = False
    if not any(flags[name] for name in ("stdin", "stdout", "stderr")):
        raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
    container = container_of(pod, given.get("container", ""))
    return ExecRequest(container, command if exchange.target.subresource == "exec" else (), **flags)


def _check_place(pod: Obj) -> None:
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")


def _no_agent() -> StatusError:
    return unavailable("no node agent runs commands; start the embedded cluster with one")
