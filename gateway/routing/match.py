"""Which service a request path belongs to, on raw bytes, and which paths could leave it. Pure."""

from __future__ import annotations

import re
from itertools import accumulate, product, repeat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.services.route import Route, RouteTable


class PathError(ValueError):
    """A path that could lead out of its service; the message says how (400)."""


_EXPOSED = re.compile(rb"/system/services/([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)/exposed(?=[/?]|\Z)")
_MANAGED = re.compile(rb"/(?:system|health)(?=[/?]|\Z)")
_INVOKED = re.compile(rb"/(?:run|job)/[a-zA-Z0-9][-a-zA-Z0-9_.]*(?=\?|\Z)")
_NEARLY = re.compile(rb"/system/services/[^/?]+/exposed", re.IGNORECASE)
"""Nothing of the services API: it would ask for the administrator's password there."""
_SUSPECT = re.compile(rb"\.\.|%(?:25)*(?:2e|00)|\\", re.IGNORECASE)
PLAIN_LINE: Final = re.compile(
    rb"([A-Z]{1,64}+ /system/services/[a-z0-9-]++/exposed)"
    rb"(/[!\"$&-\-/-<>-\[\]-~]*+(?:(?:(?<!token)=|\.(?!\.)|%(?!2[5Ee]|00))"
    rb"[!\"$&-\-/-<>-\[\]-~]*+)*) HTTP/1\."
).match
"""The beginning of a head, method and prefix, and a path with its query in which neither `match`
nor `foreign` finds anything to look at: no climbing, no encoded dot, NUL or percent sign, no
token."""
_ENCODED = re.compile(rb"%(?:25)*(?:00|2f|5c|2e)|\\", re.IGNORECASE)
_NOWHERE: Final = (None, b"")
_DOT, _PERCENT, _BACKSLASH = b".%\\"  # as numbers: `bytes in bytes` raises inside, and is slow


def match(table: RouteTable, target: bytes) -> tuple[Route | None, bytes]:
    """The route of an origin-form target, on raw bytes (no decoding, no normalising), and what
    follows its prefix, query included, byte for byte.

    The rest does not begin with `/` when the path is the bare prefix, which is redirected to the
    one with a slash. Raises PathError for a path that would climb out of its prefix in any
    reader's eyes.
    """
    found = _EXPOSED.match(target)
    if found is None:
        return _managed(table, target)
    route = table.routes.get(found[1])
    if route is None:
        return _NOWHERE
    rest = target[found.end() :]
    if (_DOT in rest or _PERCENT in rest or _BACKSLASH in rest) and _SUSPECT.search(rest):
        check_climb(rest.partition(b"?")[0])
    return route, rest


def service_name(target: bytes) -> str:
    """The name of the service that a target asks for, whether it exists or not."""
    found = _EXPOSED.match(target)
    return found[1].decode("ascii") if found else ""


def is_invocation(target: bytes) -> bool:
    """Whether OSCAR would invoke a service by `target`, which matches nothing: the services API
    says why it does not. It may be a word of an application too, so it is none of `match`."""
    return _INVOKED.match(target) is not None


def _managed(table: RouteTable, target: bytes) -> tuple[Route | None, bytes]:
    if not _MANAGED.match(target):
        return _NOWHERE
    path = target.partition(b"?")[0]
    if _ENCODED.search(path) or b"/../" in path + b"/":
        raise PathError("a dot segment, a backslash or an encoded separator before the service")
    return _NOWHERE if _NEARLY.match(target) else (table.management, target)


_STEP = re.compile(rb"%([0-9a-fA-F]{2})")
_PARAMETERS = re.compile(rb";[^/]*")
_DEPTHS: Final = {b"": 0, b".": 0, b"..": -1}
_DIGITS: Final = b"0123456789abcdefABCDEF"
_PAIRS: Final = [bytes(pair) for pair in product(_DIGITS, repeat=2)]
_BYTES: Final = {pair: bytes((int(pair, 16),)) for pair in _PAIRS}
_DOTS: Final = {pair: b"." if pair.lower() == b"2e" else b"%" + pair for pair in _PAIRS}
_DECODINGS: Final = 3


def check_climb(path: bytes) -> None:
    """Raise PathError if `..` segments of `path`, in any spelling, outweigh the others.

    Applications decode before or after they split, once or twice, take `\\` for `/`, collapse `//`
    or cut `;parameters`; each reading must stay below the prefix. Each of the few readings costs a
    pass in C: nobody is asked for credentials before.
    """
    reading = path
    for _ in range(_DECODINGS + 1):
        if b"\0" in reading:
            raise PathError("an encoded NUL")
        if _climbs(reading) or (b"\\" in reading and _climbs(reading.replace(b"\\", b"/"))):
            raise PathError("'..' segments climb above it")
        parts = _STEP.split(reading)
        steps = parts[1::2]
        if not steps:
            return
        decoded = [*map(_BYTES.__getitem__, steps)]
        if b"." in decoded:
            parts[1::2] = map(_DOTS.__getitem__, steps)
            if _climbs(b"".join(parts)):
                raise PathError("encoded '..' segments climb above it")
        parts[1::2] = decoded
        reading = b"".join(parts)
    raise PathError("percent-encoding nested too deeply beside a dot segment")


def _climbs(path: bytes) -> bool:
    """Whether more segments lead up than down, at any point of `path`."""
    if b".." not in path:
        return False
    if b";" in path:
        path = _PARAMETERS.sub(b"", path)
    return min(accumulate(map(_DEPTHS.get, path.split(b"/"), repeat(1)))) < 0
