"""The services API as the command line sees it: plain HTTP, with what proves who asks."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlencode

import aiohttp
import orjson

from shared.cli.connection.secrets import authorization
from shared.cli.connection.target import Target
from shared.cli.exits import ApiError, UnreachableError
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.printable import printable
from shared.service import fdl, names
from shared.service.documents import dump_json
from shared.service.model import Service

T = TypeVar("T")

CALL_SECONDS: Final = 60.0
SILENT_SECONDS: Final = 30.0
"""After which a log that is followed is taken for lost; the API sends something every 5 s."""
AGAIN_SECONDS: Final = 30.0
"""For which a call is repeated while the API asks for that, in all."""
MOST_AGAIN: Final = 10
_LATER: Final = (429, 503)


class NotFoundError(ApiError):
    """There is no such service, for this caller."""


class LostError(ApiError):
    """The API does not answer now, or not any more; it may later."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    text: str
    retry_after: str
    warnings: Sequence[str]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run the asynchronous part of a command."""
    return asyncio.run(work)


class ServicesApi:
    """Calls of the OSCAR-compatible API under `/system/services`.

    A call that the API puts off (429 or 503 with Retry-After) is repeated for AGAIN_SECONDS.
    """

    def __init__(self, target: Target, clock: Clock | None = None) -> None:
        self._target = target
        self._clock = clock or SystemClock()
        self.warnings: list[str] = []
        """What the API said was odd, once each, oldest first."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": authorization(self._target)},
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
            connector=aiohttp.TCPConnector(ssl=trust(self._target)),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def list(self, *, deployment: bool = False) -> list[dict[str, Any]]:
        """All services; with the state of each on request."""
        query = "?include=deployment" if deployment else ""
        services: list[dict[str, Any]] = await self._call("GET", query)
        return services

    async def get(self, name: str) -> dict[str, Any] | None:
        """One service with its token and the state of its Deployment, or None."""
        try:
            return await self.fetch(name)
        except NotFoundError:
            return None

    async def fetch(self, name: str) -> dict[str, Any]:
        """The same of a service that must be there; NotFoundError."""
        service: dict[str, Any] = await self._call("GET", f"{_path(name)}?include=deployment")
        return service

    async def describe(self, name: str) -> dict[str, Any]:
        """All that is known of a service: definition, rollout, pods, Events, the last decision of
        the scaler; `gateway.management.answers.description` says how."""
        answer: dict[str, Any] = await self._call("GET", f"{_path(name)}/description")
        return answer

    async def events(self, name: str) -> dict[str, Any]:
        """The newest Events about a service and its pods (`events`), the oldest of them first."""
        answer: dict[str, Any] = await self._call("GET", f"{_path(name)}/deployment/events")
        return answer

    async def logs(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the logs of a service: `entries`, each with its pod, and `next`, a cursor."""
        asked = urlencode({**query, "pods": "true", "timestamps": "true"})
        page: dict[str, Any] = await self._call("GET", f"{_path(name)}/deployment/logs?{asked}")
        return page

    async def follow_logs(
        self, name: str, query: Mapping[str, str]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Pages as lines are written; it ends when the API says so, LostError if it just breaks."""
        path = f"{_path(name)}/deployment/logs/follow?{urlencode(query)}"
        timeout = aiohttp.ClientTimeout(sock_connect=CALL_SECONDS, sock_read=SILENT_SECONDS)
        rest = b""
        try:
            async with self._session.get(
                self._url(path), timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200:
                    later = response.headers.get("Retry-After", "")
                    answer = _Answer(response.status, await response.text(), later, ())
                    _refuse(answer, path, self._target)
                async for chunk in response.content.iter_any():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        yield _json(line, self._target)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise LostError(f"the connection to {self._target.endpoint} is lost") from error

    async def write(self, service: Service, *, new: bool) -> None:
        """Create the service, or replace the one that is there."""
        body = fdl.to_json(service, secrets=True)
        try:
            await self._call("POST" if new else "PUT", "", body)
        except ApiError as error:
            raise type(error)(f"service/{service.name}: {error.message}") from error

    async def delete(self, name: str) -> None:
        """Delete the service with all that belongs to it."""
        await self._call("DELETE", _path(name))

    async def rotate(self, name: str) -> str:
        """A new token for the service; the one before is not accepted any more."""
        answer: dict[str, Any] = await self._call("POST", f"{_path(name)}/token")
        return str(answer["token"])

    async def act(self, name: str, action: str) -> dict[str, Any]:
        """`stop`, `start`, `wake` or `restart` the service; answers the state of its Deployment."""
        status: dict[str, Any] = await self._call("POST", f"{_path(name)}/{action}")
        return status

    async def adopt(self, name: str, options: Mapping[str, bool]) -> dict[str, Any]:
        """Take the service over from an OSCAR manager; answers the steps, and what is left."""
        query = "&".join(f"{key}=true" for key, wanted in options.items() if wanted)
        answer: dict[str, Any] = await self._call("POST", f"{_path(name)}/adopt?{query}")
        return answer

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else dump_json(body)
        end = self._clock.monotonic() + AGAIN_SECONDS
        for attempt in range(MOST_AGAIN + 1):
            answer = await self._once(method, path, data)
            pause = _pause(answer)
            if pause is None or attempt == MOST_AGAIN or self._clock.monotonic() + pause > end:
                break
            await self._clock.sleep(pause)
        _refuse(answer, path, self._target)
        self.warnings = list(dict.fromkeys([*self.warnings, *answer.warnings]))
        return _json(answer.text, self._target) if answer.text else None

    async def _once(self, method: str, path: str, data: bytes | None) -> _Answer:
        url = self._url(path)
        headers = {"Content-Type": "application/json"} if data else {}
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                warnings = [_warning(one) for one in response.headers.getall("Warning", ())]
                later = response.headers.get("Retry-After", "")
                return _Answer(response.status, await response.text(), later, warnings)
        except aiohttp.ClientConnectorCertificateError as error:
            raise ApiError(
                f"the certificate of {self._target.endpoint} is not trusted: "
                f"{error.certificate_error}; name its authority with --ca"
            ) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise UnreachableError(
                f"cannot reach the services API at {self._target.endpoint}: {error}. "
                "Is it running (`exposed local`), and is --endpoint right?"
            ) from error

    def _url(self, path: str) -> str:
        return f"{self._target.endpoint}/system/services{path}"


async def fetch(name: str, target: Target) -> dict[str, Any]:
    """The service as the API answers it; a missing one ends the command."""
    async with ServicesApi(target) as api:
        return await api.fetch(name)


def trust(target: Target) -> ssl.SSLContext | bool:
    """The authorities by which the gateway's certificate is checked; ApiError."""
    if target.ca is None:
        return True
    try:
        context = ssl.create_default_context(cafile=target.ca)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        raise ApiError(f"cannot use the certificates {target.ca} (--ca): {reason}") from error
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it may be the gateway's own certificate
    context.check_hostname = not target.pinned
    return context


def _warning(field: str) -> str:
    """The text of a Warning field (RFC 7234, section 5.5)."""
    text = field.partition('"')[2].rpartition('"')[0]
    return printable(re.sub(r"\\(.)", r"\1", text))


def _pause(answer: _Answer) -> float | None:
    """Seconds until the call may be repeated; None if it is not put off."""
    text = answer.retry_after
    later = answer.status in _LATER and text.isascii() and text.isdigit()
    return float(text[:9]) if later else None


def _path(name: str) -> str:
    """The path of one service; ApiError for what cannot name one."""
    try:
        return f"/{names.check_name(name)}"
    except ValueError as error:
        raise ApiError(str(error)) from error


def _refuse(answer: _Answer, path: str, target: Target) -> None:
    status = answer.status
    if status < 300:
        return
    if status == 401:
        proof = target.token_file or target.credentials
        hint = "; it may have expired" if target.token_file else ""
        what = "access token" if target.token_file else "credentials"
        raise ApiError(f"the {what} in {proof} are not accepted (401){hint}")
    if status == 404 and path.startswith("/"):
        name = path.split("?")[0].split("/")[1]
        raise NotFoundError(f"there is no service {name!r}; `exposed list` shows what there is")
    if status < 400 or status == 404:
        raise ApiError(f"{target.endpoint} has no services API ({status}); is --endpoint right?")
    told = "\n".join(printable(line) for line in answer.text.strip().split("\n"))
    said = f"{told or 'the services API refused'} ({status})"
    raise LostError(said) if status >= 500 or status in _LATER else ApiError(said)


def _json(text: str | bytes, target: Target) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise ApiError(
            f"{target.endpoint} answers no JSON: {error}; is --endpoint the gateway's?"
        ) from error
