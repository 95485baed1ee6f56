"""The answers that the gateway makes itself: refusals, redirects, preflights, OPTIONS.

All of them are written by `render`, so that a field for every one of them stands in `_head`. A
refusal names a reason of `REASONS`, and says what happened and what to do about it;
`X-Gateway-Error: <reason>` tells it from a pod's own answer. A request that succeeds does no work
here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from gateway.protocol import grpc, pages, starting_page
from gateway.protocol.challenges import challenge
from gateway.protocol.reasons import REASONS, Refusal
from shared.service.names import NAMESPACE

if TYPE_CHECKING:
    from gateway.protocol.reasons import Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without a body that is no refusal."""

    status: int
    lines: bytes = b""
    """Header lines of this kind of answer, each ended. Whoever puts a client's bytes into them has
    checked that they hold no CR or LF."""

    @property
    def reason(self) -> str:
        """Nothing was refused."""
        return ""

    @property
    def close(self) -> bool:
        """Nothing is wrong with the connection's framing."""
        return False


CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
"""Asks a client for the body that it holds back (RFC 9110, section 15.2.1)."""
ALLOW: Final = Answer(204, b"Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")


def redirect(status: int, location: bytes, *, cookie: bytes = b"") -> Answer:
    """Send the client to `location`, the bytes of a request target."""
    lines = b"Location: " + location + b"\r\nCache-Control: no-store\r\n"
    return Answer(status, lines + b"Set-Cookie: " + cookie + b"\r\n" if cookie else lines)


def date_line(at: float) -> bytes:
    """The Date of what is made or received at `at`, seconds since the epoch (RFC 9110, section
    6.6.1)."""
    return f"Date: {formatdate(at, usegmt=True)}\r\n".encode("ascii")


def render(
    answer: Refusal | Answer,
    *,
    service: str = "",
    api_port: int = 0,
    namespace: str = NAMESPACE,
    request_id: str = "",
    accept: str = "",
    navigation: bool = False,
    call: bool = False,
    head_only: bool = False,
    close: bool = False,
    extra: bytes = b"",
    date: bytes = b"",
) -> bytes:
    """The whole answer; a refusal is a page when `accept` prefers one, else JSON.

    `navigation`: a browser shows it in place of what was asked for, and may ask again; `call`: who
    asked speaks gRPC, where every answer is 200 and says in fields what is wrong; `head_only`
    leaves the body out (HEAD); `close` announces that the connection ends; `extra` are header
    lines that this client gets with every response (CORS); `date` is the line of Date.
    """
    status = answer.status
    if isinstance(answer, Refusal):
        texts = _texts(answer, service, api_port, namespace, request_id)
        if call:
            status = HTTPStatus.OK
            message = f"{texts['error']} {texts['remedy']}".strip()
            kind, body = grpc.lines(answer.status, answer.reason, message), b""
        elif navigation or prefers_html(accept):
            kind, body = pages.FIELDS, _page(answer, texts, navigation)
        else:
            kind, body = _JSON, json.dumps(texts).encode("ascii") + b"\n"
        lines = _refusal_lines(answer) + kind
        if status == HTTPStatus.UNAUTHORIZED:
            lines += challenge(service).encode("ascii")
    else:
        lines, body = answer.lines, b""
    end = b"Connection: close\r\n" if close or answer.close else b""
    head = _head(status, len(body), request_id, lines + extra + date + end)
    return head if head_only else head + body


def _head(status: int, length: int, request_id: str, lines: bytes) -> bytes:
    """The head of every answer of the gateway's own.

    A 204 has no Content-Length (RFC 9110, section 8.6). `request_id` may come from the client; the
    planner has checked it to be a token.
    """
    return b"".join(
        (
            _STATUS_LINES[status],
            lines,
            b"" if status == HTTPStatus.NO_CONTENT else b"Content-Length: %d\r\n" % length,
            f"X-Request-Id: {request_id}\r\n".encode("ascii") if request_id else b"",
            b"\r\n",
        )
    )


def _texts(
    refusal: Refusal, service: str, api_port: int, namespace: str, request_id: str
) -> dict[str, str]:
    reason = REASONS[refusal.reason]
    facts = {
        "service": service,
        "detail": refusal.detail or "no detail",
        "api_port": api_port,
        "seconds": refusal.seconds,
    }
    return {
        "error": reason.error.format_map(facts),
        "reason": refusal.reason,
        "service": service,
        "request_id": request_id,
        "remedy": reason.remedy.format_map(facts).replace(f"-n {NAMESPACE} ", f"-n {namespace} "),
    }


def _page(refusal: Refusal, texts: dict[str, str], navigation: bool) -> bytes:
    """What lasts is told with its length; only a page that may be asked for again looks again."""
    reason = REASONS[refusal.reason]
    if refusal.reason == starting_page.REASON:
        return starting_page.page(
            refusal.progress,
            texts["service"],
            refusal.seconds,
            detail=refusal.detail,
            request_id=texts["request_id"],
            looks=navigation,
        )
    return pages.page(
        texts,
        status=f"{refusal.status} {_phrase(refusal.status)}",
        title=reason.title.format_map(texts),
        link=refusal.link,
        looks=navigation and reason.passes,
        waited=refusal.seconds if reason.title else None,
    )


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
    return f"HTTP/1.1 {status} {_phrase(status)}\r\n".encode("ascii")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _KNOWN else "Client Closed Request"


def _refusal_lines(refusal: Refusal) -> bytes:
    """What the head of a refusal says, whoever asked."""
    lines = _LINES[refusal.reason]
    if refusal.retry_after:
        reason = replace(REASONS[refusal.reason], retry_after=refusal.retry_after)
        lines = _lines(refusal.reason, reason)
    lines += refusal.lines
    if refusal.progress is None:
        return lines
    return lines + f"X-Gateway-Phase: {refusal.progress.phase}\r\n".encode("ascii")


def _lines(name: str, reason: Reason) -> bytes:
    """What all answers for this reason say."""
    lines = f"X-Gateway-Error: {name}\r\nCache-Control: no-store\r\n"
    lines += "X-Content-Type-Options: nosniff\r\n"
    if reason.retry_after:
        lines += f"Retry-After: {reason.retry_after}\r\n"
    if reason.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return lines.encode("ascii") + ALLOW.lines
    return lines.encode("ascii")


_JSON: Final = b"Content-Type: application/json\r\n"
_KNOWN: Final = frozenset(HTTPStatus)
_STATUS_LINES: Final = {status: _status_line(status) for status in (*map(int, _KNOWN), 499)}
_LINES: Final = {name: _lines(name, reason) for name, reason in REASONS.items()}
