"""Before each call: who calls, and may he? The application asks; calls find the answer.

Calls that name a service in their path are refused here to those who may not see or change it. The
rest look at `request[CALLER]` themselves: what a list shows, and what a definition is stored as.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.management import problems
from gateway.management.access.caller import ADMIN, Caller, may_change, may_see
from gateway.management.access.guesses import Guesses
from gateway.management.access.needs import needed
from gateway.management.calls.audit import ADDRESS, CALLER
from shared.service import authorization
from shared.service.authorization import MANAGEMENT_REALM
from shared.service.stored import StoredError

if TYPE_CHECKING:
    from gateway.management.access.credentials import Credentials
    from gateway.management.access.needs import Need
    from gateway.management.access.oidc import Oidc
    from gateway.management.calls.audit import Audit
    from gateway.management.store.spaces import Spaces
    from shared.runtime.clock import Clock
    from shared.service.model import Service


# What OSCAR lets pass here; a name that no service can have is then simply not found.
_LABEL: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)


class Guard:
    """Asks for credentials and compares what the caller may with what the call needs."""

    def __init__(
        self, spaces: Spaces, admin: Credentials, oidc: Oidc, audit: Audit, clock: Clock
    ) -> None:
        self._spaces = spaces
        self._admin = admin
        self._oidc = oidc
        self._audit = audit
        self._clock = clock
        self._guesses = Guesses()
        more = f', Bearer realm="{MANAGEMENT_REALM}"' if oidc.enabled else ""
        self._challenge = {"WWW-Authenticate": f'Basic realm="{MANAGEMENT_REALM}"{more}'}

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Hand on what is allowed; raises RefusalError and KubeError."""
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else ""
        need = needed(request.method, route, request.path)
        if need != "nothing":
            caller = request[CALLER] = await self.identify(request)
            if not caller.admin and need != "caller":  # what is missing, calls find themselves
                await self.permit(caller, need, service_name(request))
        return await handler(request)

    async def identify(self, request: web.Request) -> Caller:
        """Who sends `request`; RefusalError if that is not proved, or cannot be found out."""
        header = request.headers.get("Authorization", "")
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer" and self._oidc.enabled:
            return await self._oidc.caller(value.strip())
        self._check(request, header)
        return ADMIN

    def _check(self, request: web.Request, header: str) -> None:
        """RefusalError 401 if `header` is not the administrator's, 429 if it is not looked at."""
        user, _ = authorization.read(header.encode("utf-8", "replace")) or (None, b"")
        if user is None:
            raise problems.RefusalError(401, headers=self._challenge)
        address, now = request[ADDRESS], self._clock.monotonic()
        wait = self._guesses.wait(address, user, now)
        if not wait and self._admin.match(header):
            self._guesses.succeeded(address)
            return
        if not wait:
            wait = self._guesses.failed(address, user, now)
            known = user == self._admin.username.encode()
            self._audit.guess(request, self._admin.username if known else "unknown", wait)
        if wait:
            raise problems.too_many_guesses(wait)
        raise problems.RefusalError(401, headers=self._challenge)

    async def permit(self, caller: Caller, need: Need, name: str) -> None:
        """Raise RefusalError 404 when there is no service `name`, 403 when it is not for him."""
        allowed = may_see if need == "see" else may_change
        service = await self._service(name)
        if not caller.admin and (service is None or not allowed(caller, service)):
            raise problems.forbidden(caller.name, need)

    async def _service(self, name: str) -> Service | None:
        """The service, None if its owner cannot be read; RefusalError 404 if there is none."""
        try:
            found = await (await self._spaces.catalog(name)).definition(name)
        except StoredError:
            return None
        if found is None:
            raise problems.not_found()
        return found


def service_name(request: web.Request) -> str:
    """The name in the path, as far as it can be one; RefusalError 400 else."""
    name = request.match_info["name"]
    if len(name) > 63 or _LABEL.fullmatch(name) is None:
        raise problems.RefusalError(400, "invalid serviceName")
    return name
