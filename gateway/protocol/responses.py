"""Responses the gateway makes itself: refusals that say what happened and what to do about it.

A refusal names a reason of `REASONS`; all that does not vary is built at import, and a request that
succeeds does no work here. `X-Gateway-Error: <reason>` tells these responses from a pod's own.
"""

from __future__ import annotations

import html
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from gateway.protocol.reasons import REASONS

if TYPE_CHECKING:
    from gateway.protocol.reasons import Reason, Refusal

REALM: Final = "exposed services"


def render(
    refusal: Refusal,
    *,
    service: str = "",
    request_id: str = "",
    accept: str = "",
    head_only: bool = False,
    close: bool = False,
    extra: bytes = b"",
) -> bytes:
    """The whole response: a page when `accept` prefers one, else JSON.

    `head_only` leaves the body out (HEAD); `close` announces that the connection ends; `extra` are
    header lines that apply to every response (CORS).
    """
    reason = REASONS[refusal.reason]
    facts = {
        "service": service,
        "detail": refusal.detail or "no detail",
        "api_port": refusal.api_port,
        "seconds": refusal.seconds,
    }
    texts = {
        "error": reason.error.format_map(facts),
        "reason": refusal.reason,
        "service": service,
        "request_id": request_id,
        "remedy": reason.remedy.format_map(facts),
    }
    page = prefers_html(accept)
    body = _page(reason.status, texts) if page else json.dumps(texts).encode("ascii") + b"\n"
    kind = b"text/html; charset=utf-8" if page else b"application/json"
    ending = b"Connection: close\r\n\r\n" if close or reason.close else b"\r\n"
    head = b"%sContent-Type: %s\r\nContent-Length: %d\r\n%s%s%s" % (
        _HEADS[refusal.reason],
        kind,
        len(body),
        _request_id_line(request_id),
        extra,
        ending,
    )
    return head if head_only else head + body


def redirect(status: int, location: bytes, *, cookie: bytes = b"", close: bool = False) -> bytes:
    """A redirect to `location` (bytes of a request target, already checked to hold no CR or LF)."""
    lines = b"Location: " + location + b"\r\nContent-Length: 0\r\nCache-Control: no-store\r\n"
    if cookie:
        lines += b"Set-Cookie: " + cookie + b"\r\n"
    if close:
        lines += b"Connection: close\r\n"
    return _status_line(status) + lines + b"\r\n"


def prefers_html(accept: str) -> bool:
    """Whether an `Accept` field asks for a page rather than JSON (RFC 9110, section 12.5.1).

    A browser names text/html; API clients send `*/*`, JSON or nothing, and get JSON.
    """
    weights = dict(_weights(accept[:1000].lower()))
    page = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    return page > 0 and page >= weights.get("application/json", 0.0)


def _weights(accept: str) -> list[tuple[str, float]]:
    return [_weight(item) for item in accept.split(",")]


def _weight(item: str) -> tuple[str, float]:
    kind, *parameters = (part.strip() for part in item.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return kind, float(parameter[2:])
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Client Closed Request"
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


def _head(name: str, reason: Reason) -> bytes:
    lines = f"X-Gateway-Error: {name}\r\nCache-Control: no-store\r\n"
    if reason.retry_after:
        lines += f"Retry-After: {reason.retry_after}\r\n"
    if reason.status == HTTPStatus.UNAUTHORIZED:
        lines += f'WWW-Authenticate: Basic realm="{REALM}", charset="UTF-8"\r\n'
    if reason.status == HTTPStatus.METHOD_NOT_ALLOWED:
        lines += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"
    return _status_line(reason.status) + lines.encode("ascii")


def _request_id_line(request_id: str) -> bytes:
    """`request_id` may come from the client; the caller has checked it to be a token."""
    return f"X-Request-Id: {request_id}\r\n".encode("ascii") if request_id else b""


_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{status} {phrase}</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}}
h1{{font-size:1.4rem}}small{{color:#666}}</style></head>
<body><h1>{status} {phrase}</h1><p>{error}</p><p>{remedy}</p>
<p><small>{reason} · request {request_id}</small></p></body></html>
"""


def _page(status: int, texts: dict[str, str]) -> bytes:
    escaped = {key: html.escape(text) for key, text in texts.items()}
    phrase = HTTPStatus(status).phrase if status in _KNOWN else ""
    return _PAGE.format(status=status, phrase=phrase, **escaped).encode()


_KNOWN: Final = frozenset(HTTPStatus)
_HEADS: Final = {name: _head(name, reason) for name, reason in REASONS.items()}
