"""Requests that are no plain verb on a stored object: bindings, metrics, reviews, proxies.

Called by the server; answers through the API, the node agent's callbacks and the tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from shared.embedded import kinds
from shared.embedded.api import binding, ownership
from shared.embedded.api.eviction import permit
from shared.embedded.errors import StatusError, method_not_allowed, no_such_resource
from shared.embedded.http import options, rendering, reviews, token_requests
from shared.embedded.http.exchange import json_response
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.embedded.access.authentication import Tokens
    from shared.embedded.access.rbac import Policy
    from shared.embedded.api.operations import Api
    from shared.embedded.api.providers import Providers
    from shared.embedded.http.exchange import Exchange
    from shared.embedded.http.target import Target
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj


class Subresources:
    """Answers through the Api, the node agent's callbacks and the tokens."""

    def __init__(
        self,
        api: Api,
        providers: Providers,
        tokens: Tokens,
        policy: Callable[[], Policy],
    ) -> None:
        self._api = api
        self._providers = providers
        self._tokens = tokens
        self._policy = policy

    async def answer(self, exchange: Exchange) -> web.Response:
        if exchange.kind.source == "metrics":
            return self._metrics(exchange)
        if exchange.kind.source == "review":
            return await self._review(exchange)
        match exchange.target.subresource:
            case "binding":
                return await self._bind(exchange)
            case "eviction":
                return await self._evict(exchange)
            case "token":
                return await self._token(exchange)
            case "proxy":
                return self._proxy(exchange)
            case "finalize":
                raise method_not_allowed()
        raise no_such_resource()

    async def _bind(self, exchange: Exchange) -> web.Response:
        target = exchange.target
        chosen = options.write(exchange.query, exchange.user_agent, "CreateOptions")
        node = binding.node_of(await exchange.plain(), target.name)
        self._api.bind(target.name, target.space, node, dry_run=chosen.dry_run)
        return _created()

    async def _evict(self, exchange: Exchange) -> web.Response:
        target = exchange.target
        eviction = await exchange.plain()
        asked = options.write(exchange.query, exchange.user_agent, "CreateOptions")
        chosen = options.delete(exchange.query, eviction.get("deleteOptions") or {})
        dry_run = chosen.dry_run or asked.dry_run
        permit(self._api, target.name, target.space, dry_run=dry_run)
        self._api.delete(
            kinds.POD,
            target.name,
            target.space,
            grace=chosen.grace,
            uid=chosen.uid,
            resource_version=chosen.resource_version,
            dry_run=dry_run,
        )
        return _created()

    async def _token(self, exchange: Exchange) -> web.Response:
        target = exchange.target
        chosen = options.write(exchange.query, exchange.user_agent, "CreateOptions")
        granted = token_requests.grant(
            self._api,
            self._tokens,
            await exchange.plain(),
            target.space,
            target.name,
            manager=chosen.manager,
        )
        return json_response(orjson.dumps(granted), 201)

    async def _review(self, exchange: Exchange) -> web.Response:
        kind = exchange.kind
        chosen = options.write(exchange.query, exchange.user_agent, "CreateOptions")
        review = await exchange.object(kind, chosen.fields)
        now = timestamp(self._api.now())
        if kind is kinds.SELF_SUBJECT_REVIEW:
            review["metadata"] = {"creationTimestamp": now}
        else:
            writer = ownership.Manager(chosen.manager, "Update", kind.api_version)
            review = ownership.tracked(None, review, kind, writer, now)
        status = reviews.answer(kind, review, exchange.user, self._policy(), self._tokens)
        return json_response(orjson.dumps({**review, "status": status}), 201)

    def _proxy(self, exchange: Exchange) -> web.Response:
        target = exchange.target
        self._api.get(kinds.NODE, target.name)
        provide = self._providers.node_proxy
        answer = provide(target.name, target.rest) if provide else None
        if answer is None:
            raise no_such_resource()
        media_type, body = answer
        return web.Response(body=body, headers={"Content-Type": media_type})

    def _metrics(self, exchange: Exchange) -> web.Response:
        kind, target = exchange.kind, exchange.target
        found = self._measured(exchange)
        if target.name and target.verb == "get":
            obj = next((each for each in found if each["metadata"]["name"] == target.name), None)
            if obj is None:
                raise _unmeasured(kind, target)
            return json_response(
                rendering.one(kind, obj, exchange.form, exchange.include, self._api.now())
            )
        query = options.query(kind, target, exchange.query)
        selected = [obj for obj in found if query.selects(obj)]
        body = rendering.listed(
            kind, selected, {}, exchange.form, exchange.include, self._api.now()
        )
        return json_response(body)

    def _measured(self, exchange: Exchange) -> Sequence[Obj]:
        if exchange.kind is kinds.NODE_METRICS and self._providers.node_metrics:
            return self._providers.node_metrics()
        if exchange.kind is kinds.POD_METRICS and self._providers.pod_metrics:
            return self._providers.pod_metrics(exchange.target.namespace)
        raise no_such_resource()


def _unmeasured(kind: Kind, target: Target) -> StatusError:
    """As metrics-server says that it has no metrics of an object."""
    name = f"{target.space}/{target.name}" if kind.namespaced else target.name
    message = f'{kind.kind.lower()}.{kind.group} "{name}" not found'
    return StatusError(404, "NotFound", message)


def _created() -> web.Response:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "code": 201,
    }
    return json_response(orjson.dumps(status), 201)
