"""How calls answer: JSON in the one form that all of them have."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from shared.service.documents import dump_json


def json_response(body: Any) -> web.Response:
    """200 with `body` as JSON in UTF-8."""
    return web.Response(body=dump_json(body), content_type="application/json", charset="utf-8")
