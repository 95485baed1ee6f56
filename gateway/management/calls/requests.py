"""What the calls have in common: which service is meant, and how JSON is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from gateway.management import problems
from gateway.management.calls.guard import service_name
from shared.service.documents import dump_json

if TYPE_CHECKING:
    from gateway.management.store.catalog import Catalog, Entry
    from gateway.management.store.spaces import Spaces


async def find(spaces: Spaces, request: web.Request) -> tuple[Catalog, Entry]:
    """The service in the path, and what is known where it stands; 404 when there is none."""
    name = service_name(request)
    catalog = await spaces.catalog(name)
    stored = await catalog.find(name)
    if stored is None:
        raise problems.not_found()
    return catalog, stored


def json_answer(body: Any, status: int = 200) -> web.Response:
    """`status` with `body`."""
    return web.Response(
        status=status, body=dump_json(body), content_type="application/json", charset="utf-8"
    )
