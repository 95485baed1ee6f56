"""The call that takes a service over from the OSCAR manager that made it. An extension of its API.

HTTP in, HTTP out; what it does is in `lifecycle`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.management import problems
from gateway.management.calls.audit import CALLER
from gateway.management.calls.guard import service_name
from gateway.management.calls.requests import json_answer
from gateway.management.objects.adoption import Options

if TYPE_CHECKING:
    from gateway.management.store.spaces import Spaces
    from gateway.management.store.tenants import Writes

_FLAGS: Final = {"": False, "false": False, "true": True}


class Adoptions:
    """One method a route."""

    def __init__(self, lifecycle: Writes, spaces: Spaces) -> None:
        self._lifecycle = lifecycle
        self._spaces = spaces

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        return [web.post("/system/services/{name}/adopt", self.adopt)]

    async def adopt(self, request: web.Request) -> web.Response:
        """200 with the steps, and what of the manager's stays; with `dry_run=true` none is done."""
        name = service_name(request)
        options = Options(_flag(request, "remove_hpa"), _flag(request, "remove_ingress"))
        dry_run = _flag(request, "dry_run")
        adopted = await self._lifecycle.adopt(name, options, request[CALLER], dry_run=dry_run)
        return json_answer(
            {
                "service_name": name,
                "namespace": await self._spaces.of(name),
                "dry_run": dry_run,
                "steps": [step.text for step in adopted.steps],
                "left": list(adopted.left),
            }
        )


def _flag(request: web.Request, name: str) -> bool:
    text = request.query.get(name, "").lower()
    if text not in _FLAGS:
        raise problems.RefusalError(400, f"{name}: {text!r} is neither true nor false")
    return _FLAGS[text]
