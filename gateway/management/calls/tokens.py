"""The call that gives a service a new token; it is read with the service itself.

An extension of OSCAR's API, whose tokens stay as long as their services. Only who may change the
service may call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from gateway.management.calls.audit import CALLER
from gateway.management.calls.guard import service_name
from gateway.management.calls.requests import json_answer

if TYPE_CHECKING:
    from gateway.management.store.tenants import Writes


class Tokens:
    """The route."""

    def __init__(self, lifecycle: Writes) -> None:
        self._lifecycle = lifecycle

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        return [web.post("/system/services/{name}/token", self.rotate)]

    async def rotate(self, request: web.Request) -> web.Response:
        """200 with the new token: the gateway takes it from now on, and the one before no more.

        Pods have it in their environment once they are replaced, one after another.
        """
        name = service_name(request)
        token = await self._lifecycle.rotate(name, request[CALLER])
        return json_answer({"service_name": name, "token": token})
