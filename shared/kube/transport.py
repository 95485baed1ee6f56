"""HTTP towards the API server: time-outs, bounds, and every failure as a `KubeError`."""

from __future__ import annotations

import contextlib
import email.utils
import functools
import io
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final, Protocol

import aiohttp
import orjson
from yarl import URL

from shared.kube import errors
from shared.kube.lines import LineSplitter, LineTooLong
from shared.service.objects import Obj

CONNECT: Final = 5.0
"""Seconds to reach the server (TCP and TLS), a wait for a free connection included."""
TOTAL: Final = 30.0
"""Seconds for a whole call that is not a watch; lists of 500 objects take about one."""
SILENCE: Final = 15.0
"""Seconds a watch may outlive the time-out the server was asked to keep."""
MAX_BODY: Final = 256 * 1024 * 1024
"""Bytes of one answer: a page of 500 objects of 512 KiB each."""

_LARGE: Final = 512 * 1024
"""Bytes of a request that aiohttp is to write piece by piece, without holding up the loop."""


class Credentials(Protocol):
    """Who we say that we are."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What aiohttp is told with each request."""

    async def headers(self) -> Mapping[str, str]:
        """What a request carries."""

    async def renew(self) -> bool:
        """The server knows us not: read them again; whether they have changed."""


Params = Mapping[str, str]


class Transport:
    """One session to one API server at `base` (scheme, host, port, perhaps a path prefix)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        credentials: Credentials,
        *,
        connect: float = CONNECT,
        total: float = TOTAL,
        silence: float = SILENCE,
        max_body: int = MAX_BODY,
    ) -> None:
        self._session = session
        self._base = base.rstrip("/")
        self._credentials = credentials
        self._connect = connect
        self._total = total
        self._silence = silence
        self._max_body = max_body

    async def json(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Obj:
        """The answer's JSON object."""
        sent = None if body is None else orjson.dumps(body)
        raw = await self.raw(method, path, params, sent, content_type, "application/json")
        return _decode(raw, f"{method} {path}")

    async def raw(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        accept: str = "*/*",
    ) -> bytes:
        """The answer's body, whole."""
        headers = {"Accept": accept} | ({"Content-Type": content_type} if body else {})
        timeout = aiohttp.ClientTimeout(total=self._total, connect=self._connect)
        async with self._answer(method, path, params, headers, timeout, body) as response:
            return await self._read(response)

    async def lines(self, path: str, params: Params, seconds: float) -> AsyncGenerator[bytes, None]:
        """The lines of a watch the server is to end after `seconds`.

        A stream that breaks off in the middle of a line, or outlives its time, is `Unreachable`.
        """
        splitter = LineSplitter()
        chunks = self.chunks(path, params, seconds, "application/json")
        async with contextlib.aclosing(chunks):
            async for chunk in chunks:
                try:
                    lines = splitter.feed(chunk)
                except LineTooLong as error:
                    raise _unreachable(f"GET {self._base}{path}", error) from error
                for line in lines:
                    yield line
        if splitter.held:
            raise errors.Unreachable(f"GET {path}: the watch broke off within an event")

    async def chunks(
        self, path: str, params: Params, seconds: float, accept: str = "*/*"
    ) -> AsyncGenerator[bytes, None]:
        """The body of an answer that goes on for `seconds`, as it comes."""
        timeout = aiohttp.ClientTimeout(total=seconds + self._silence, connect=self._connect)
        async with self._answer("GET", path, params, {"Accept": accept}, timeout) as response:
            _keep_alive(response)
            async for chunk in response.content.iter_any():
                yield chunk

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        params: Params | None,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
        body: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A successful answer, its body still to be read; failures of any kind are translated.

        A request that is refused for its credentials is sent once more if they have changed since.
        """
        url = URL(self._base + path, encoded=True)
        url = url.with_query(params) if params else url
        request = functools.partial(
            self._session.request, method, url,
            timeout=timeout, allow_redirects=False, **self._credentials.options,
        )  # fmt: skip
        renewable = True
        try:
            while True:
                data = io.BytesIO(body) if body and len(body) > _LARGE else body
                signed = {**headers, **await self._credentials.headers()}
                async with request(data=data, headers=signed) as response:
                    if 200 <= response.status < 300:
                        yield response
                        return
                    refusal = _refusal(response, await self._read(response))
                unknown = isinstance(refusal, errors.Unauthorized)
                if not (unknown and renewable and await self._credentials.renew()):
                    raise refusal
                renewable = False
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise _unreachable(f"{method} {self._base}{path}", error) from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._max_body:
                raise errors.Unreachable(
                    f"{response.method} {response.url.path}: "
                    f"the answer is longer than {self._max_body} bytes; narrow the selector"
                )
            parts.append(chunk)
        return b"".join(parts)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds from a Retry-After header (RFC 9110 §10.2.3: seconds or a date); None if unusable."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def _decode(raw: bytes, call: str) -> Obj:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise errors.Unreachable(
            f"{call}: the answer is not JSON; is this a Kubernetes API server?"
        ) from error
    if not isinstance(value, dict):
        raise errors.Unreachable(f"{call}: the answer is not a JSON object")
    return value


def _refusal(response: aiohttp.ClientResponse, raw: bytes) -> errors.KubeError:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    wait = retry_after(response.headers.get("Retry-After"), time.time())
    is_status = isinstance(body, dict) and body.get("kind") == "Status"
    return errors.from_status(response.status, body if is_status else None, wait)


def _unreachable(call: str, error: Exception) -> errors.Unreachable:
    why = "timed out" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
    return errors.Unreachable(f"{call}: {why}")


def _keep_alive(response: aiohttp.ClientResponse) -> None:
    """Let the kernel find a dead peer of a silent watch within half a minute.

    A watch on a quiet collection hears a bookmark a minute at best; without probes a vanished
    server would look the same as a quiet one until the watch's own time-out.
    """
    transport = response.connection and response.connection.transport
    sock = transport.get_extra_info("socket") if transport else None
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
