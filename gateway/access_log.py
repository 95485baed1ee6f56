"""The access log: one line a request, as JSON or in the form OSCAR's request counters parse.

Lines are kept in a bounded buffer and written by a thread, so that a slow reader of standard output
never holds a request up; what does not fit is dropped and counted. A token in the query is blanked,
headers that may hold one (Authorization, Cookie, Referer) are not logged at all.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from shared.runtime.printable import json_line

Mode = Literal["off", "errors", "all"]
Form = Literal["json", "oscar"]
Source = Literal["upstream", "gateway", "waiting"]

FLUSH_PERIOD: Final = 0.2
"""Seconds between two writes."""
CAPACITY: Final = 4 * 1024 * 1024
"""Bytes of lines that wait: a second of full load."""

_SPACE: Final = r"(?:%[01289a-f][0-9a-f]|\+)*"
_KEY: Final = r"(?:t|%[57]4)(?:o|%[46]f)(?:k|%[46]b)(?:e|%[46]5)(?:n|%[46]e)"
_SECRET = re.compile(rf"([?&;]{_SPACE}{_KEY}{_SPACE}=)[^&;]*", re.IGNORECASE)
"""A parameter `token`, as an application may read it: encoded, or with white space around it. One
expression, because a client's query may hold thousands of parameters."""
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\xff]')


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished request. Times in seconds, sizes in bytes."""

    at: float
    """When the response ended, unix time."""
    service: str
    """Empty when no service matched."""
    method: str
    target: str
    """Path and query as the client sent them."""
    protocol: str
    status: int
    """499 when the client left before the response began."""
    source: Source
    """Who made the response; `waiting`: the gateway, to tell that the service starts, which is no
    failure."""
    reason: str
    """Why the gateway refused or the exchange broke; empty when all went well."""
    duration: float
    """From the end of the request's head to the end of the response, or of the wait for it."""
    first_byte: float
    """From there to the pod's head; -1 when none came."""
    queue_wait: float
    """Wait for a slot of a pod, had or not."""
    bytes_in: int
    """Head and body, without the framing of chunks; of a tunnel all that came."""
    bytes_out: int
    """What was handed to the client's connection; one that broke off may not have had all of it."""
    endpoint: str
    """`ip:port` of the pod that answered last."""
    retries: int
    client: str
    request_id: str
    user_agent: str = ""


class AccessLog:
    """Takes entries, writes lines to a file descriptor.

    `capacity` bounds the bytes of the lines that wait to be written; `dropped` counts those that
    did not fit.
    """

    def __init__(self, mode: Mode, form: Form, *, fd: int = 1, capacity: int = CAPACITY) -> None:
        self.least_status = {"off": 1000, "errors": 400, "all": 0}[mode]
        """Responses below this status are not logged; callers check it before making an entry."""
        self.dropped = 0
        self._render = _json if form == "json" else _oscar
        self._fd = fd
        self._capacity = capacity
        self._waiting = bytearray()
        """Lines as bytes of one object: orjson's own take up fifteen times what they hold."""

    def wants(self, status: int, reason: str = "", source: Source = "gateway") -> bool:
        """Whether a response of `status` is logged; a broken exchange counts as an error, and who
        is told to wait does not."""
        if source == "waiting":
            return self.least_status == 0
        return status >= self.least_status or (bool(reason) and self.least_status < 1000)

    def write(self, entry: Entry) -> None:
        """Take one entry; never waits."""
        if len(self._waiting) >= self._capacity:
            self.dropped += 1
        else:
            self._waiting += self._render(entry)

    async def run(self) -> None:
        """Write lines for ever; the last ones when cancelled."""
        try:
            while True:
                await asyncio.sleep(FLUSH_PERIOD)
                await self._flush()
        finally:
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        """Hand what waits to a thread. Until it is written the buffer fills, and then drops."""
        if self._waiting:
            lines, self._waiting = self._waiting, bytearray()
            await asyncio.to_thread(_write_all, self._fd, lines)


def redact(target: str) -> str:
    """`target` with the value of each query parameter `token` (in any spelling) blanked."""
    path, mark, query = target.partition("?")
    return path + _SECRET.sub(_blank, mark + query) if mark else target


def _blank(found: re.Match[str]) -> str:
    return found[1] + "REDACTED"


def _json(entry: Entry) -> bytes:
    line: dict[str, Any] = {
        "time": _moment(entry.at).isoformat(timespec="milliseconds"),
        "service": entry.service,
        "method": entry.method,
        "target": redact(entry.target),
        "protocol": entry.protocol,
        "status": entry.status,
        "source": entry.source,
        "reason": entry.reason,
        "duration": round(entry.duration, 6),
        "first_byte": round(entry.first_byte, 6),
        "queue_wait": round(entry.queue_wait, 6),
        "bytes_in": entry.bytes_in,
        "bytes_out": entry.bytes_out,
        "endpoint": entry.endpoint,
        "retries": entry.retries,
        "client": entry.client,
        "request_id": entry.request_id,
        "user_agent": entry.user_agent,
    }
    return json_line(line)


def _oscar(entry: Entry) -> bytes:
    """The line of ingress-nginx: `[02/Jan/2006:15:04:05 -0700]` and a quoted request line."""
    request = _quoted(f"{entry.method} {redact(entry.target)} {entry.protocol}")
    line = (
        f'{entry.client or "-"} - - [{_moment(entry.at):%d/%b/%Y:%H:%M:%S %z}] "{request}" '
        f'{entry.status} {entry.bytes_out} "-" "{_quoted(entry.user_agent) or "-"}" '
        f"{entry.duration:.3f} [{_quoted(entry.service) or '-'}] {entry.endpoint or '-'} "
        f"{_quoted(entry.request_id)}\n"
    )
    return line.encode()


def _quoted(text: str) -> str:
    r"""Characters that would end or forge a quoted field as `\xHH`, as nginx writes them."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02X}", text)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _write_all(fd: int, data: bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
