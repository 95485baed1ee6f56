"""One attempt of a probe: httpGet, tcpSocket or exec against a container.

Source: Kubernetes `pkg/probe`. HTTP: 200 to 399 passes; redirects within the pod are followed, one
that leads elsewhere passes.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from shared.service.objects import Obj

    Execute = Callable[[list[str], float], Awaitable[tuple[int, str]]]
    """(command, timeout in seconds) → (exit code, output)"""

REDIRECTS: Final = 10
KINDS: Final = ("httpGet", "tcpSocket", "exec")


class ProbeError(Exception):
    """The attempt failed; the message says how, in the kubelet's words."""


async def attempt(
    probe: Obj, container: Obj, address: str, ports: Mapping[int, int], execute: Execute
) -> None:
    """Return if the probe passes; raise ProbeError if not, within its time-out.

    address: the pod's; ports: those that were mapped.
    """
    timeout = probe.get("timeoutSeconds") or 1
    if "exec" in probe:
        code, output = await execute(probe["exec"]["command"], timeout)
        if code != 0:
            raise ProbeError(output or f"command ended with exit code {code}")
    elif "tcpSocket" in probe:
        await _connect(address, _port(probe["tcpSocket"], container, ports), timeout)
    elif "httpGet" in probe:
        action = probe["httpGet"]
        await _get(_url(action, address, _port(action, container, ports)), action, timeout)
    else:
        raise ProbeError(f"the probe has no action; it needs one of {', '.join(KINDS)}")


def _port(action: Obj, container: Obj, ports: Mapping[int, int]) -> int:
    wanted = action["port"]
    if isinstance(wanted, int):
        return ports.get(wanted, wanted)
    for port in container.get("ports") or ():
        if port.get("name") == wanted:
            number: int = port["containerPort"]
            return ports.get(number, number)
    raise ProbeError(f"the container has no port named {wanted!r}")


def _url(action: Obj, address: str, port: int) -> URL:
    host = action.get("host") or address
    path = action.get("path") or "/"
    scheme = (action.get("scheme") or "HTTP").lower()
    slash = "" if path.startswith("/") else "/"
    return URL(f"{scheme}://{host}:{port}{slash}{path}", encoded=True)


async def _connect(address: str, port: int, timeout: float) -> None:
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(address, port)
    except TimeoutError as error:
        raise ProbeError(f"dial tcp {address}:{port}: i/o timeout") from error
    except OSError as error:
        raise ProbeError(f"dial tcp {address}:{port}: {_reason(error)}") from error
    writer.close()


async def _get(url: URL, action: Obj, timeout: float) -> None:
    headers = {"User-Agent": "kube-probe/1.36", "Accept": "*/*"}
    headers |= {entry["name"]: entry["value"] for entry in action.get("httpHeaders") or ()}
    try:
        async with (
            asyncio.timeout(timeout),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
        ):
            status = await _final_status(session, url, headers)
    except TimeoutError as error:
        raise ProbeError(f'Get "{url}": no answer within {timeout} s') from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise ProbeError(f'Get "{url}": {_reason(error)}') from error
    if not 200 <= status < 400:
        raise ProbeError(f"HTTP probe failed with statuscode: {status}")


async def _final_status(session: aiohttp.ClientSession, url: URL, headers: dict[str, str]) -> int:
    for _ in range(REDIRECTS):
        async with session.get(url, headers=headers, allow_redirects=False, ssl=False) as answer:
            target = answer.headers.get("Location")
            if target is None or not 300 <= answer.status < 400:
                return answer.status
            following = url.join(URL(target))
            if following.host != url.host:
                return answer.status
            url = following
    raise ValueError(f"stopped after {REDIRECTS} redirects")


def _reason(error: Exception) -> str:
    """Why, in the words of the kubelet: `connect: connection refused`."""
    if isinstance(error, OSError) and error.errno:
        return f"connect: {os.strerror(error.errno).lower()}"
    return str(error) or type(error).__name__
