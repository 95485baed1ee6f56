"""pods/log: the chunks that the node agent gives, until the log or the reader ends.

Where a log is, and how it is read, only the node agent knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from shared.embedded import kinds
from shared.embedded.api.providers import LogRequest
from shared.embedded.errors import bad_request, invalid_as, not_found, unavailable
from shared.embedded.http import options
from shared.embedded.http.target import flag
from shared.embedded.validation import checks
from shared.service.objects import unix_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from shared.embedded.api.operations import Api
    from shared.embedded.api.providers import Providers
    from shared.embedded.errors import Cause
    from shared.embedded.http.exchange import Exchange
    from shared.service.objects import Obj


class Logs:
    """Answers pods/log through the node agent."""

    def __init__(self, api: Api, providers: Providers) -> None:
        self._api = api
        self._providers = providers

    async def answer(self, exchange: Exchange) -> web.StreamResponse:
        target, given = exchange.target, exchange.query
        if causes := list(_problems(given)):
            raise invalid_as("", "PodLogOptions", target.name, causes)
        pod = self._api.get(kinds.POD, target.name, target.space)
        wanted = LogRequest(
            container=container_of(pod, given.get("container", "")),
            follow=flag(given, "follow"),
            previous=flag(given, "previous"),
            timestamps=flag(given, "timestamps"),
            tail_lines=options.integer(given, "tailLines"),
            limit_bytes=options.integer(given, "limitBytes"),
            since=self._since(given),
        )
        node = pod["spec"].get("nodeName", "")
        if node and self._api.find(kinds.NODE, node) is None:
            raise not_found(kinds.POD, node)  # as kube-apiserver tells of a node that is missing
        if self._providers.logs is None:
            raise unavailable("no node agent serves logs; start the embedded cluster with one")
        chunks = self._providers.logs(pod, wanted)
        first = await _first(chunks)
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(exchange.request)
        if first:
            await response.write(first)
        async for chunk in chunks:
            await response.write(chunk)
        return response

    def _since(self, given: Mapping[str, str]) -> float | None:
        if text := given.get("sinceTime", ""):
            try:
                return unix_seconds(text)
            except ValueError as error:
                raise bad_request(f"sinceTime: {text!r} is no time as of RFC 3339") from error
        ago = options.integer(given, "sinceSeconds")
        return None if ago is None else self._api.now() - ago


async def _first(chunks: AsyncIterator[bytes]) -> bytes:
    """The first chunk, asked for before the answer begins, so that a refusal has its status."""
    try:
        return await anext(chunks)
    except StopAsyncIteration:
        return b""


def _problems(given: Mapping[str, str]) -> Iterator[Cause]:
    """What is wrong with PodLogOptions."""
    for name, least, why in (
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ):
        value = options.integer(given, name)
        if value is not None and value < least:
            yield checks.invalid(name, value, why)
    if given.get("sinceSeconds") and given.get("sinceTime"):
        why = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        yield checks.forbidden("sinceSeconds", why)


def container_of(pod: Obj, asked: str) -> str:
    """The container that is meant; raises 400."""
    name = pod["metadata"]["name"]
    names = [each["name"] for each in pod["spec"]["containers"]]
    names += [each["name"] for each in pod["spec"].get("initContainers", [])]
    if asked:
        if asked not in names:
            raise bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(pod["spec"]["containers"]) > 1:
        listed = " ".join(names)
        raise bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{listed}]"
        )
    first: str = names[0]
    return first
