"""What the calls have in common: which service is meant, and how JSON is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from gateway.management import problems
from shared.service.documents import dump_json

if TYPE_CHECKING:
    from gateway.management.store.catalog import Catalog, Entry

# What OSCAR lets pass here; a name that no service can have is then simply not found.
_LABEL: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)


def service_name(request: web.Request) -> str:
    """The name in the path; 400 for what can name nothing."""
    name = request.match_info["name"]
    if len(name) > 63 or _LABEL.fullmatch(name) is None:
        raise problems.RefusalError(400, "invalid serviceName")
    return name


async def find(catalog: Catalog, request: web.Request) -> Entry:
    """The service in the path; 404 when there is none."""
    stored = await catalog.find(service_name(request))
    if stored is None:
        raise problems.not_found()
    return stored


def json_answer(body: Any) -> web.Response:
    """200 with `body`."""
    return web.Response(body=dump_json(body), content_type="application/json", charset="utf-8")
