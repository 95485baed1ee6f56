"""The calls of OSCAR's services API: HTTP in, HTTP out; what they do is in `lifecycle`."""

from __future__ import annotations

import asyncio
import codecs
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from gateway.management import problems
from gateway.management.access.caller import may_see, owned
from gateway.management.answers import logs, status
from gateway.management.answers.log_cursor import CursorError
from gateway.management.answers.ports import GO, IntegerPorts, with_integer_ports
from gateway.management.answers.representation import service_json
from gateway.management.answers.rollout import Rollouts
from gateway.management.calls.audit import CALLER, SUBJECT
from gateway.management.calls.guard import service_name
from gateway.management.calls.requests import find, json_answer
from gateway.management.store.catalog import Catalog, Entry
from shared.kube.errors import Forbidden
from shared.service import fdl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.management.store.spaces import Spaces
    from gateway.management.store.tenants import Writes
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

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
        lifecycle: Writes,
        spaces: Spaces,
        clock: Clock,
        body_seconds: float = BODY_SECONDS,
        integers: IntegerPorts = GO,
    ) -> None:
        self._kube = kube
        self._spaces = spaces
        self._lifecycle = lifecycle
        self._clock = clock
        self._body_seconds = body_seconds
        self._integers = integers

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
            web.post(one + "/wake", self.wake),
            web.get(one + "/deployment", self.deployment, allow_head=False),
            web.get(one + "/deployment/logs", self.logs, allow_head=False),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 without a body; what is odd about the definition stands in Warning headers."""
        parsed = await _parsed(request, self._body_seconds)
        request[SUBJECT] = parsed.service.name
        notes = await self._lifecycle.create(owned(parsed.service, request[CALLER]))
        return _with_warnings(web.Response(status=201), parsed.warnings + notes)

    async def replace(self, request: web.Request) -> web.Response:
        """204; a definition without `expose` ends the exposure and keeps the service."""
        parsed = await _parsed(request, self._body_seconds)
        request[SUBJECT] = parsed.service.name
        notes = await self._lifecycle.replace(parsed.service, request[CALLER])
        return _with_warnings(web.Response(status=204), parsed.warnings + notes)

    async def list(self, request: web.Request) -> web.Response:
        """All services that the caller may see; `include=deployment` adds the state of each."""
        places = await self._spaces.all()
        listed = await asyncio.gather(*(self._listed(request, place) for place in places))
        found = [one for each in listed for one in each]
        return json_answer(sorted(found, key=lambda one: str(one["name"])))

    async def get(self, request: web.Request) -> web.Response:
        """One service."""
        catalog, stored = await find(self._spaces, request)
        claims = await catalog.claims([stored.service])
        if request.query.get("include") != "deployment":
            return json_answer(self._described(request, stored, claims))
        state = await Rollouts(self._kube, catalog).state(stored.service.name)
        return json_answer(self._described(request, stored, claims, state))

    async def delete(self, request: web.Request) -> web.Response:
        """204; a volume that stays is named in a Warning header."""
        name, stated = service_name(request), request.query.get("namespace", "")
        if stated and request[CALLER].admin and stated != await self._spaces.of(name):
            raise problems.not_found()
        notes = await self._lifecycle.delete(name, request[CALLER])
        return _with_warnings(web.Response(status=204), notes)

    async def stop(self, request: web.Request) -> web.Response:
        """200 with the state after it."""
        name = service_name(request)
        return _state(name, await self._lifecycle.stop(name, request[CALLER]))

    async def start(self, request: web.Request) -> web.Response:
        """200 with the state after it."""
        name = service_name(request)
        return _state(name, await self._lifecycle.start(name, request[CALLER]))

    async def restart(self, request: web.Request) -> web.Response:
        """200 with the state after it."""
        name = service_name(request)
        return _state(name, await self._lifecycle.restart(name, self._time(), request[CALLER]))

    async def wake(self, request: web.Request) -> web.Response:
        """202 with the state after it: the scaler gives pods to what sleeps."""
        name = service_name(request)
        deployment = await self._lifecycle.wake(name, self._time(), request[CALLER])
        return _state(name, deployment, 202)

    async def deployment(self, request: web.Request) -> web.Response:
        """The state of the service."""
        catalog, stored = await find(self._spaces, request)
        name = stored.service.name
        state = await Rollouts(self._kube, catalog).state(name)
        return json_answer(status.named(name, stored.namespace, state))

    async def logs(self, request: web.Request) -> web.Response:
        """The lines of its pods: the newest, or those after a cursor."""
        _, stored = await find(self._spaces, request)
        try:
            asked = logs.wanted(request.query)
        except CursorError as error:
            raise problems.RefusalError(400, f"after: {error}") from error
        name, place = stored.service.name, stored.namespace
        return json_answer(await logs.read_logs(self._kube, name, asked, place))

    def _time(self) -> str:
        """Now, as RFC 3339."""
        return datetime.fromtimestamp(self._clock.now(), UTC).isoformat().replace("+00:00", "Z")

    def _described(
        self,
        request: web.Request,
        stored: Entry,
        claims: Mapping[str, Obj],
        state: Obj | None = None,
    ) -> dict[str, Any]:
        body = service_json(stored.service, stored.token, state, claims, stored.namespace)
        agent = request.headers.get("User-Agent", "")
        return with_integer_ports(body) if self._integers.read_by(agent) else body

    async def _listed(self, request: web.Request, namespace: str) -> Sequence[dict[str, Any]]:
        """The services of a namespace that the caller may see; none while an owner's may not be
        read, which the next reconcile mends."""
        try:
            return await self._of_namespace(request, namespace)
        except Forbidden as error:
            if namespace == self._spaces.rule.main:
                raise
            log.warning("services of namespace %s are left out: %s", namespace, error)
            return []

    async def _of_namespace(self, request: web.Request, namespace: str) -> Sequence[dict[str, Any]]:
        catalog = Catalog(self._kube, namespace)
        if request.query.get("include") != "deployment":
            found = await _visible(catalog, request)
            states = dict.fromkeys(one.service.name for one in found)
        else:
            rollouts = Rollouts(self._kube, catalog)
            found, known = await asyncio.gather(_visible(catalog, request), rollouts.states())
            none = status.deployment_status(None)
            states = {one.service.name: known.get(one.service.name, none) for one in found}
        claims = await catalog.claims(one.service for one in found)
        return [self._described(request, one, claims, states[one.service.name]) for one in found]


async def _visible(catalog: Catalog, request: web.Request) -> tuple[Entry, ...]:
    found = await catalog.all()
    return tuple(one for one in found if may_see(request[CALLER], one.service))


async def _parsed(request: web.Request, seconds: float) -> fdl.Parsed:
    try:
        async with asyncio.timeout(seconds):
            raw = await request.read()
    except TimeoutError:
        text = f"the body did not come within {seconds:g} s"
        raise problems.RefusalError(408, text) from None
    try:  # JSON whatever the Content-Type says: oscar-python sends none
        body = orjson.loads(raw.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise problems.invalid([f"the body is not JSON: {error}"]) from error
    try:
        return fdl.parse_service(body)
    except fdl.FdlError as error:
        raise problems.invalid(error.problems) from error


def _state(name: str, deployment: Obj, code: int = 200) -> web.Response:
    told = status.full_status(name, deployment["metadata"]["namespace"], deployment)
    return json_answer(told, code)


def _with_warnings(response: web.Response, warnings: tuple[str, ...]) -> web.Response:
    beyond = len(warnings) - MOST_WARNINGS
    more = (f"and {beyond} more",) if beyond > 0 else ()
    for warning in warnings[:MOST_WARNINGS] + more:  # as Kubernetes: RFC 7234 §5.5, code 299
        text = warning[:LONGEST_WARNING].encode("ascii", "backslashreplace").decode()
        quoted = "".join(char for char in text if char.isprintable()).replace("\\", "\\\\")
        response.headers.add("Warning", '299 - "' + quoted.replace('"', '\\"') + '"')
    return response
