"""`Warning` headers: what a client should know of a request that was carried out.

Source: k8s.io/apiserver, endpoints/filters/warning.go and k8s.io/apimachinery, util/net/http.go;
the header is that of RFC 7234, section 5.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded import declarations, validation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aiohttp import web

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

_MOST_CHARACTERS: Final = 4096
_SHORTENED: Final = 256


def of(kind: Kind, before: Obj | None, after: Obj) -> Iterator[str]:
    """What is told of an object of `kind` as it was written; `before` is None for a new one."""
    return validation.remarked(declarations.of(kind).rules, before, after)


def add(response: web.StreamResponse, texts: Iterable[str]) -> None:
    """Each once. All together are bounded: those that do not fit are cut, then left out."""
    unique = list(dict.fromkeys(texts))
    if sum(map(len, unique)) > _MOST_CHARACTERS:
        unique = [text[:_SHORTENED] for text in unique]
    room = _MOST_CHARACTERS
    for text in unique:
        room -= len(text)
        if room < 0:
            break
        response.headers.add("Warning", header(text))


def header(text: str) -> str:
    """The value of one header; what cannot stand in one is left out."""
    plain = "".join(mark for mark in text if mark.isprintable())
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
