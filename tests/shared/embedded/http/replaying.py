"""Recorded exchanges sent again to the embedded server, and what differs in its answers.

Values that differ from run to run (uid, times, versions, addresses, random names) are compared by
shape; recorded ones are translated into ours where a later request uses them.
"""

from __future__ import annotations

import copy
import io
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp

TOKEN = "replay"

UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (UID, "<uid>"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+"), "<cluster address>"),
    (re.compile(r"^(127\.0\.0\.1|192\.0\.2\.2):\d+$"), "<server>"),
    (re.compile(r"too old resource version: (\d+) \(\d+\)"), r"too old resource version: \1"),
    (re.compile(r"^\d+[smhd](\d+[smh])?$"), "<age>"),
)


def shape(value: Any, more: tuple[tuple[re.Pattern[str], str], ...] = (), key: str = "") -> Any:
    """`value` with all that differs from run to run replaced by what it is."""
    if isinstance(value, dict):
        return {UID.sub("<uid>", name): shape(item, more, name) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item, more) for item in value]
    if key in ("resourceVersion", "continue") and isinstance(value, str):
        return f"<{key}>"
    if key == "pod-template-hash":
        return "<hash>"
    if isinstance(value, str):
        for pattern, replacement in (*SHAPES, *more):
            value = pattern.sub(replacement, value)
    return value


def without(value: Any, path: str) -> Any:
    """`value` less the part at a dotted path."""
    head, _, rest = path.partition(".")
    value = copy.copy(value)
    key: Any = int(head) if isinstance(value, list) else head
    if rest:
        value[key] = without(value[key], rest)
    elif isinstance(value, list):
        del value[key]
    else:
        value.pop(key, None)
    return value


def unmanaged(ours: Any, recorded: Any) -> Any:
    """`ours` without managedFields where the recording left them out."""
    if isinstance(ours, dict) and isinstance(recorded, dict):
        return {
            key: unmanaged(item, recorded.get(key))
            for key, item in ours.items()
            if key != "managedFields" or key in recorded
        }
    if isinstance(ours, list) and isinstance(recorded, list):
        pairs = zip(ours, [*recorded, *[None] * len(ours)], strict=False)
        return [unmanaged(item, other) for item, other in pairs]
    return ours


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where `found` is not as recorded, one line for each place."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if key not in found:
                yield f"{path}.{key} is missing"
            elif key not in expected:
                yield f"{path}.{key} is not in the recording: {found[key]!r}"
            else:
                yield from differences(expected[key], found[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (left, right) in enumerate(zip(expected, found, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif expected != found:
        yield f"{path} is {found!r}, recorded {expected!r}"


class Player:
    """Sends recorded requests, with recorded identities translated into ours."""

    def __init__(self, client: aiohttp.ClientSession, user_agent: str = "") -> None:
        self.client = client
        self.user_agent = user_agent
        self.ours: dict[str, str] = {}

    async def send(
        self, request: dict[str, Any], *, token: str = TOKEN
    ) -> tuple[int, dict[str, Any], str]:
        """(status, headers, text) of a recorded request; no token when it is empty."""
        headers = {"User-Agent": self.user_agent} if self.user_agent else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        headers |= request.get("headers", {})
        if "accept" in request:
            headers["Accept"] = request["accept"]
        body = request.get("body")
        if body is not None:
            if "content_type" in request:
                headers["Content-Type"] = request["content_type"]
            body = body if isinstance(body, str) else json.dumps(body)
            body = io.BytesIO(self.translate(body).encode())
        path = self.translate(re.sub(r"timeoutSeconds=\d", "timeoutSeconds=1", request["path"]))
        skipped = [name for name in ("User-Agent", "Content-Type") if name not in headers]
        async with self.client.request(
            request["method"], path, data=body, headers=headers, skip_auto_headers=skipped
        ) as response:
            given = {name: response.headers.getall(name) for name in response.headers}
            return response.status, given, await response.text()

    def translate(self, text: str) -> str:
        for recorded, own in self.ours.items():
            if recorded in text:
                text = re.sub(rf"(?<![\w.-]){re.escape(recorded)}(?![\w-])", own, text)
        return text

    def learn(self, recorded: Any, own: Any) -> None:
        """Pair the recorded identities with ours, place by place."""
        if isinstance(recorded, dict) and isinstance(own, dict):
            for key in recorded.keys() & own.keys():
                if key in ("uid", "resourceVersion", "continue"):
                    self.ours[recorded[key]] = own[key]
                self.learn(recorded[key], own[key])
        if isinstance(recorded, list) and isinstance(own, list):
            for left, right in zip(recorded, own, strict=False):
                self.learn(left, right)
