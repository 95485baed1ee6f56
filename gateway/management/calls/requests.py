"""What the calls have in common: which service is meant, and how JSON is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from gateway.management import problems
from gateway.management.calls.guard import service_name
from shared.service.documents import dump_json

if TYPE_CHECKING:
    from gateway.management.store.catalog import Catalog, Entry


async def find(catalog: Catalog, request: web.Request) -> Entry:
    """The service in the path; 404 when there is none."""
    stored = await catalog.find(service_name(request))
    if stored is None:
        raise problems.not_found()
    return stored


def json_answer(body: Any) -> web.Response:
    """200 with `body`."""
    return web.Response(body=dump_json(body), content_type="application/json", charset="utf-8")
