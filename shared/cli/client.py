"""The services API as the command line sees it: plain HTTP with the administrator's credentials."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

import aiohttp
import click

from shared.service import fdl
from shared.service.authorization import parse_credentials
from shared.service.documents import dump_json
from shared.service.model import Service

P = ParamSpec("P")
T = TypeVar("T")


class ApiError(click.ClickException):
    """The services API refused or could not be reached; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the services API is and with which `user:password` file to ask it."""

    endpoint: str
    credentials: Path


def home() -> Path:
    """The folder that holds the state of a local run."""
    return Path(os.environ.get("EXPOSED_HOME") or ".local").absolute()


def local_endpoint(folder: Path) -> str:
    """The gateway of the local run in `folder`, which leaves its address there."""
    try:
        return (folder / "endpoint").read_text().strip()
    except OSError:
        return "http://127.0.0.1:8080"


def target_options(command: Callable[P, T]) -> Callable[..., T]:
    """Give a command `--endpoint` and `--credentials`, handed to it as `target`."""

    @click.option(
        "--endpoint",
        envvar="EXPOSED_ENDPOINT",
        default=lambda: local_endpoint(home()),
        show_default="the local run's",
        help="Address of the gateway.",
    )
    @click.option(
        "--credentials",
        envvar="EXPOSED_CREDENTIALS",
        type=click.Path(path_type=Path, dir_okay=False),
        default=lambda: home() / "credentials",
        show_default="credentials of the local run",
        help="File with one line user:password.",
    )
    @wraps(command)
    def wrapped(*args: Any, endpoint: str, credentials: Path, **kwargs: Any) -> T:
        return command(*args, target=Target(endpoint.rstrip("/"), credentials), **kwargs)  # type: ignore[arg-type]

    return wrapped


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run the asynchronous part of a command."""
    return asyncio.run(work)


class ServicesApi:
    """Calls of the OSCAR-compatible API under `/system/services`."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def __aenter__(self) -> Self:
        user, password = read_credentials(self._target.credentials)
        self._session = aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(user, password, "utf-8")},
            timeout=aiohttp.ClientTimeout(total=60),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def list(self) -> list[dict[str, Any]]:
        """All services."""
        services: list[dict[str, Any]] = await self._call("GET", "")
        return services

    async def get(self, name: str) -> dict[str, Any] | None:
        """One service with its token and the state of its Deployment, or None."""
        try:
            service: dict[str, Any] = await self._call("GET", f"{_path(name)}?include=deployment")
        except _NotFoundError:
            return None
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

    async def apply(self, service: Service) -> bool:
        """Create the service, or replace it; True when it is new."""
        body = fdl.to_json(service, secrets=True)
        try:
            new = await self.get(service.name) is None
            await self._call("POST" if new else "PUT", "", body)
        except ApiError as error:
            raise ApiError(f"service/{service.name}: {error.message}") from error
        return new

    async def delete(self, name: str) -> None:
        """Delete the service with all that belongs to it."""
        await self._call("DELETE", _path(name))

    async def act(self, name: str, action: str) -> dict[str, Any]:
        """`stop`, `start` or `restart` the service; answers the state of its Deployment."""
        status: dict[str, Any] = await self._call("POST", f"{_path(name)}/{action}")
        return status

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self._target.endpoint}/system/services{path}"
        data = None if body is None else dump_json(body)
        headers = {"Content-Type": "application/json"} if data else {}
        try:
            async with self._session.request(method, url, data=data, headers=headers) as response:
                text = await response.text()
                _refuse(response.status, text, path, self._target)
                return await response.json(content_type=None) if text else None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ApiError(
                f"cannot reach the services API at {self._target.endpoint}: {error}. "
                "Is it running (`exposed local`), and is --endpoint right?"
            ) from error


class _NotFoundError(ApiError):
    pass


def _path(name: str) -> str:
    """The path of one service; ApiError for what cannot name one."""
    try:
        return f"/{fdl.check_name(name)}"
    except ValueError as error:
        raise ApiError(str(error)) from error


def _refuse(status: int, text: str, path: str, target: Target) -> None:
    if status < 400:
        return
    if status == 401:
        raise ApiError(f"the credentials in {target.credentials} are not accepted (401)")
    if status == 404:
        name = path.split("?")[0].split("/")[1] if path else path
        raise _NotFoundError(f"there is no service {name!r}; `exposed list` shows what there is")
    raise ApiError(f"{text.strip() or 'the services API refused'} ({status})")


def read_credentials(path: Path) -> tuple[str, str]:
    """User and password from the one line of `path`."""
    try:
        return parse_credentials(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ApiError(
            f"cannot read the credentials {path}: {error.strerror}; "
            "start `exposed local` first, or name the file with --credentials"
        ) from error
    except ValueError as error:
        raise ApiError(
            f"{path} does not hold one line user:password; write it so, or remove the file, and "
            "`exposed local` makes a new one"
        ) from error
