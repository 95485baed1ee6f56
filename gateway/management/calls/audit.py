"""One line for each change that somebody asks for: who, what, when, outcome, from where.

The logger is `audit`; with LOG_FORMAT=json its fields are members of the object. Wrong passwords
are told too. What nobody is known to have sent is told as far as `Budget` goes, and the rest is
counted: a flood must not fill the disk. No line holds a secret: neither a name that may be a
password in the wrong place, nor what is wrong with a definition, which may quote it.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.management.access.budget import Budget
from gateway.management.access.caller import Caller
from gateway.management.access.needs import READS

if TYPE_CHECKING:
    from gateway.management.access.proxies import Proxies
    from shared.runtime.clock import Clock

log = logging.getLogger("audit")

CALLER: Final = web.RequestKey("caller", Caller)
"""Who calls; there is one wherever `needs` asks for one."""
ADDRESS: Final = web.RequestKey("address", str)
"""From where, behind the proxies that are trusted."""
SUBJECT: Final = web.RequestKey("subject", str)
"""The service that is meant, where the path does not name it."""

_ID: Final = re.compile(r"[!-~]{1,128}")
_LONGEST: Final = 300
"""Characters of a reason."""
_ACTIONS: Final = {"POST": "create", "PUT": "replace", "DELETE": "delete"}


class Audit:
    """The outermost of what looks at who calls: it finds out from where, and tells the outcome."""

    def __init__(self, proxies: Proxies, clock: Clock) -> None:
        self._proxies = proxies
        self._clock = clock
        self._budget = Budget()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Hand on; tell if it was to change something."""
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        request[ADDRESS] = await self._proxies.client(request.remote or "", forwarded)
        response = None
        try:
            response = await handler(request)
        finally:
            if request.method not in READS and request.path.startswith("/system/"):
                self._change(request, response)
        return response

    def guess(self, request: web.Request, account: str, wait: float) -> None:
        """A wrong password came for `account`, and its address has to wait so many seconds."""
        fields = {**_origin(request), "account": account, "wait": round(wait)}
        self._tell("a wrong password", {"event": "guess", **fields}, known=False)

    def _change(self, request: web.Request, response: web.StreamResponse | None) -> None:
        status = response.status if response is not None else 500
        reason = response.text if isinstance(response, web.Response) and status > 400 else ""
        caller = request.get(CALLER)
        fields = {
            "event": "change",
            "action": _action(request),
            "service": request.get(SUBJECT) or request.match_info.get("name", ""),
            "caller": caller.name if caller else "",
            "proof": caller.proof if caller else "",
            "status": status,
            **({"reason": reason[:_LONGEST]} if reason else {}),
            **_origin(request),
        }
        self._tell("a change" if status < 400 else "no change", fields, known=caller is not None)

    def _tell(self, message: str, fields: dict[str, Any], *, known: bool) -> None:
        if not known:
            untold = self._budget.spend(self._clock.monotonic())
            if untold is None:
                return
            fields |= {"untold": untold} if untold else {}
        log.info(message, extra={"fields": fields})


def _action(request: web.Request) -> str:
    """`create`, `replace`, `delete`, or the last word of the route: `stop`, `start`, …"""
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else ""
    word = route.rpartition("/")[2]
    if word in ("services", "{name}"):
        return _ACTIONS.get(request.method, "other")
    return word or "other"


def _origin(request: web.Request) -> dict[str, str]:
    stated = request.headers.get("X-Request-Id", "")
    known = stated if _ID.fullmatch(stated) else secrets.token_hex(8)
    return {"address": request[ADDRESS], "request_id": known}
