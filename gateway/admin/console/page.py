"""The files of the console's page, as they were installed: read once, served with their digest.

By its policy the page runs no script and loads nothing but what stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

INDEX: Final = "index.html"
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
}
_NAME: Final = re.compile(r"[a-z0-9_-]+\.([a-z0-9]+)")
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "font", "connect", "manifest")),
        "img-src 'self' data:",
        *(f"{what} 'none'" for what in ("base-uri", "form-action", "frame-ancestors")),
    )
)
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MISSING: Final = "the console's page is not installed; its data are at /console/state\n"


@dataclass(frozen=True, slots=True)
class File:
    """One file."""

    body: bytes
    type: str
    digest: str


class Page:
    """All files of `folder`, by their names."""

    def __init__(self, folder: Traversable | None = None) -> None:
        folder = folder or files("gateway.admin.console") / "static"
        self.files = dict(_read(folder)) if folder.is_dir() else {}

    async def index(self, request: web.Request) -> web.Response:
        """The page itself."""
        return self._answer(request, INDEX)

    async def file(self, request: web.Request) -> web.Response:
        """What it loads."""
        return self._answer(request, request.match_info["file"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        file = self.files.get(name)
        if file is None:
            return web.Response(status=404, text=_MISSING if name == INDEX else "no such file\n")
        headers = {**_HEADERS, "ETag": f'"{file.digest}"'}
        if any(tag.value in (file.digest, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, headers=headers | {"Content-Type": file.type})


def _read(folder: Traversable) -> list[tuple[str, File]]:
    found = []
    for each in folder.iterdir():
        named = _NAME.fullmatch(each.name)
        if named is not None and named[1] in TYPES and each.is_file():
            body = each.read_bytes()
            found.append((each.name, File(body, TYPES[named[1]], sha256(body).hexdigest()[:32])))
    return found
