"""The verbs on stored objects: get, list, create, update, patch, delete, deletecollection.

Called by the server; reads the request, calls `api`, renders the answer.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, cast

import orjson

from shared.embedded.access import escalation
from shared.embedded.api import listing, scale
from shared.embedded.api.deletion import lingers
from shared.embedded.errors import bad_request, details, method_not_allowed
from shared.embedded.http import media, options, rendering, warnings
from shared.embedded.http.exchange import json_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from shared.embedded.access.rbac import Policy
    from shared.embedded.api.field_validation import FieldValidation
    from shared.embedded.api.operations import Api
    from shared.embedded.http.exchange import Exchange
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

Part = Literal["", "status", "scale"]


class Verbs:
    """Answers requests for stored objects through the Api."""

    def __init__(self, api: Api, policy: Callable[[], Policy]) -> None:
        self._api = api
        self._policy = policy

    async def answer(self, exchange: Exchange) -> web.Response:
        """Raises StatusError; watches are answered elsewhere."""
        match exchange.target.verb:
            case "get":
                return self._get(exchange)
            case "list":
                return self._list(exchange)
            case "create":
                return await self._create(exchange)
            case "update":
                return await self._update(exchange)
            case "patch":
                return await self._patch(exchange)
            case "delete":
                return await self._delete(exchange)
            case "deletecollection":
                return await self._delete_collection(exchange)
        raise method_not_allowed()

    def _get(self, exchange: Exchange) -> web.Response:
        target, kind = exchange.target, exchange.kind
        listing.check_version(self._api.store, exchange.query.get("resourceVersion", ""))
        read = self._api.scale if target.subresource == "scale" else self._api.get
        return self._object(exchange, read(kind, target.name, target.space))

    def _list(self, exchange: Exchange) -> web.Response:
        kind = exchange.kind
        form = exchange.form
        query = options.query(kind, exchange.target, exchange.query)
        found = listing.list_page(self._api.store, kind, query)
        return json_response(rendering.page(kind, found, form, exchange.include, self._api.now()))

    async def _create(self, exchange: Exchange) -> web.Response:
        target, kind = exchange.target, exchange.kind
        chosen = options.write(exchange.query, exchange.user_agent, "CreateOptions")
        obj = await exchange.object(kind, chosen.fields)
        write = functools.partial(self._api.create, kind, obj, target.space, manager=chosen.manager)
        created = self._guarded(exchange, None, write, dry_run=chosen.dry_run)
        return self._written(exchange, chosen.fields, None, created, 201)

    async def _update(self, exchange: Exchange) -> web.Response:
        target, kind = exchange.target, exchange.kind
        chosen = options.write(exchange.query, exchange.user_agent, "UpdateOptions")
        scaling = target.subresource == "scale"
        obj = await (exchange.plain() if scaling else exchange.object(kind, chosen.fields))
        before = self._api.find(kind, target.name, target.space)
        write = functools.partial(
            self._api.update,
            kind,
            _placed(obj, exchange),
            subresource=cast("Part", target.subresource),
            manager=chosen.manager,
        )
        updated = self._guarded(exchange, before, write, dry_run=chosen.dry_run)
        return self._written(exchange, chosen.fields, before, updated, 200 if before else 201)

    async def _patch(self, exchange: Exchange) -> web.Response:
        target, kind = exchange.target, exchange.kind
        patch_type = media.patch_type(exchange.request.headers.get("Content-Type", ""))
        chosen = options.write(exchange.query, exchange.user_agent, "PatchOptions", patch_type)
        body = await exchange.patch(patch_type, chosen.fields)
        if patch_type == "apply":
            _check_type(body, exchange)
            _placed(body, exchange)
        before = self._api.find(kind, target.name, target.space)
        write = functools.partial(
            self._api.patch,
            kind,
            target.name,
            target.space,
            body,
            patch_type=patch_type,
            subresource=cast("Part", target.subresource),
            manager=chosen.manager,
            force=chosen.force,
            fields=chosen.fields,
        )
        patched = self._guarded(exchange, before, write, dry_run=chosen.dry_run)
        return self._written(exchange, chosen.fields, before, patched, 200 if before else 201)

    def _guarded(
        self, exchange: Exchange, before: Obj | None, write: Callable[..., Obj], *, dry_run: bool
    ) -> Obj:
        """What is written; who writes rights is first asked for his own, on a trial."""
        kind = exchange.kind
        if escalation.concerns(exchange.user, kind):
            trial = write(dry_run=True)
            escalation.check(self._policy(), exchange.user, kind, before, trial)
        return write(dry_run=dry_run)

    async def _delete(self, exchange: Exchange) -> web.Response:
        target, kind = exchange.target, exchange.kind
        chosen = options.delete(exchange.query, await exchange.plain())
        last = self._api.delete(
            kind,
            target.name,
            target.space,
            grace=chosen.grace,
            propagation=chosen.propagation,
            uid=chosen.uid,
            resource_version=chosen.resource_version,
            dry_run=chosen.dry_run,
        )
        if not kind.returns_deleted and not lingers(kind, last):
            return json_response(orjson.dumps(_success(kind, last)))
        return self._object(exchange, last)

    async def _delete_collection(self, exchange: Exchange) -> web.Response:
        kind = exchange.kind
        chosen = options.delete(exchange.query, await exchange.plain())
        query = options.query(kind, exchange.target, exchange.query)
        found = listing.list_page(self._api.store, kind, query)
        deleted = [
            self._api.delete(
                kind,
                name,
                namespace,
                grace=chosen.grace,
                propagation=chosen.propagation,
                dry_run=chosen.dry_run,
            )
            for namespace, name in (entry.key for entry in found.entries)
            if self._api.find(kind, name, namespace)
        ]
        return json_response(
            rendering.listed(
                kind, deleted, found.metadata(), exchange.form, exchange.include, self._api.now()
            )
        )

    def _written(
        self,
        exchange: Exchange,
        fields: FieldValidation,
        before: Obj | None,
        after: Obj,
        status: int = 200,
    ) -> web.Response:
        """`after`, with what a client should know of it."""
        response = self._object(exchange, after, status)
        told = fields.warnings()
        if not exchange.target.subresource:
            told = [*told, *warnings.of(exchange.kind, before, after)]
        warnings.add(response, told)
        return response

    def _object(self, exchange: Exchange, obj: Obj, status: int = 200) -> web.Response:
        body = rendering.one(exchange.kind, obj, exchange.form, exchange.include, self._api.now())
        return json_response(body, status)


def _placed(obj: Any, exchange: Exchange) -> Obj:
    """`obj` with the name and namespace of the URL, which it must not contradict."""
    if not isinstance(obj, dict) or not isinstance(obj.get("metadata") or {}, dict):
        raise bad_request("the body is not an object with metadata")
    target = exchange.target
    metadata = {"name": target.name, **(obj.get("metadata") or {})}
    if metadata["name"] != target.name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL "
            f"({target.name})"
        )
    if exchange.kind.namespaced and metadata.setdefault("namespace", target.space) != target.space:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return {**obj, "metadata": metadata}


def _check_type(body: Any, exchange: Exchange) -> None:
    """A configuration states its type, for nothing else does."""
    kind, scaling = exchange.kind, exchange.target.subresource == "scale"
    wanted = (scale.API_VERSION, scale.KIND) if scaling else (kind.api_version, kind.kind)
    if not isinstance(body, dict):
        return
    api_version, stated = (str(body.get(name) or "") for name in ("apiVersion", "kind"))
    if (api_version, stated) != wanted:
        shown = api_version if "/" in api_version else f"/{api_version}"
        raise bad_request(f"invalid object type: {shown}, Kind={stated}")


def _success(kind: Kind, last: Obj) -> Obj:
    metadata = last["metadata"]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details(kind, metadata["name"], uid=metadata["uid"]),
    }
