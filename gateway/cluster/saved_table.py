"""The form in which the last route table lies in a file: definitions and endpoints, no token. Pure.

The first line says what the rest is: its form, how many services, and their digest, so that what is
cut off, foreign or of another version is found out before any of it is believed. Each further line
is a service. A digest of a token is no secret that lets anybody in: the gateway compares digests.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, is_dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.services.spec import Endpoint, ServiceSpec
from shared.service.model import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entry = tuple[ServiceSpec, tuple[Endpoint, ...]]
"""A service and where it was served."""

FORMAT: Final = "gateway table 1"
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SPEC: Final = ServiceSpec("like", rate_limit=(RateLimit(),))
_ENDPOINT: Final = Endpoint("like", 1)


class SavedError(Exception):
    """The file holds no table that this gateway can serve; the message says why."""


def lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The services, one a line."""
    for spec, endpoints in entries:
        yield orjson.dumps(
            {"spec": spec, "endpoints": endpoints},
            default=bytes.hex,
            option=orjson.OPT_APPEND_NEWLINE,
        )


def joined(namespace: str, services: list[bytes]) -> bytes:
    """The whole file, of what `lines` has made."""
    body = b"".join(services)
    head = {
        "format": FORMAT,
        "namespace": namespace,
        "services": len(services),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE) + body


def read(data: bytes, namespace: str) -> list[Entry]:
    """The services in a file of `joined`. Raises SavedError."""
    first, _, body = data.partition(b"\n")
    try:
        head = orjson.loads(first)
        if head["format"] != FORMAT:
            raise SavedError(f"it is no {FORMAT!r}")
        if head["namespace"] != namespace:
            raise SavedError(f"it is of namespace {head['namespace']!r}, not {namespace!r}")
        if head["sha256"] != hashlib.sha256(body).hexdigest():
            raise SavedError("it is not whole")
        found = [_entry(orjson.loads(line)) for line in body.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        raise SavedError(f"it is not readable: {error!r}") from error
    return found


def _entry(value: dict[str, Any]) -> Entry:
    spec: ServiceSpec = _like(_SPEC, value["spec"])
    endpoints: list[Endpoint] = [_like(_ENDPOINT, one) for one in value["endpoints"]]
    if not _NAME.fullmatch(spec.name):
        raise ValueError(f"{spec.name!r} is no name")
    for one in endpoints:
        ip_address(one.address)
        if not 0 < one.port < 65_536:
            raise ValueError(f"{one.port} is no port")
    return spec, tuple(endpoints)


def _like(pattern: Any, value: Any) -> Any:
    """`value` as what it was before it was JSON, which `pattern` is like (a tuple's items, if it
    has one, are like that). A field too many or too
    few is an error: a default might open what was closed."""
    if is_dataclass(pattern):
        names = {field.name for field in fields(pattern)}
        if names != value.keys():
            raise ValueError(f"other fields: {', '.join(sorted(names ^ value.keys()))}")
        kind: Any = type(pattern)
        return kind(**{name: _like(getattr(pattern, name), value[name]) for name in names})
    match pattern:
        case bytes():
            return bytes.fromhex(value)
        case tuple() if pattern:
            return tuple(_like(pattern[0], one) for one in value)
        case tuple():
            return tuple(value)
        case float() if type(value) is int:
            return float(value)
    if type(value) is not type(pattern):
        raise ValueError(f"{value!r} is no {type(pattern).__name__}")
    return value
