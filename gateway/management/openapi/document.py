"""The whole document: every call that the application has, and nothing that it has not. Pure.

A group of calls is a file of this room with its `OPERATIONS`, and a line here; a test compares the
document with the application's routes, both ways. What of OSCAR is not offered (501) is not here.
"""

from __future__ import annotations

from typing import Any, Final

from gateway.management.openapi import (
    adoption,
    definitions,
    insight,
    services,
    states,
    system,
    tokens,
)
from gateway.management.openapi.operation import Operation

_GROUPS: Final = (
    services.OPERATIONS,
    tokens.OPERATIONS,
    adoption.OPERATIONS,
    insight.OPERATIONS,
    system.OPERATIONS,
)
LEFT_OUT: Final = frozenset(
    {
        # An answer without an end: OpenAPI 3.2 knows them, and what tries calls would wait for it.
        ("get", services.ONE + "/deployment/logs/follow"),
        # OSCAR's way to the logs of jobs, for its clients; whoever writes a new one has a better.
        ("get", "/system/logs/{name}"),
        ("get", "/system/logs/{name}/{pod}"),
    }
)
"""Calls that are not described."""
_DESCRIPTION: Final = """\
OSCAR's API for exposed services: containers with an HTTP server that keep running, each reachable
at `/system/services/<name>/exposed/`. Refusals are text. Invocations (`/run`, `/job`) and what else
OSCAR has answer 501 with a sentence. `GET /system/services/<name>/deployment/logs/follow` answers
pages as `deployment/logs` does, one JSON object a line, as they are written: `after` and
`sinceSeconds` say from where on.
"""
_HEADERS: Final = {
    "WWW-Authenticate": "The schemes that are taken.",
    "Retry-After": "Seconds to wait.",
    "Warning": "What is odd about the definition or stays behind, one each (code 299).",
    "Set-Cookie": "The service's session.",
}


def operations() -> tuple[Operation, ...]:
    """All calls, in the order of the document."""
    return tuple(one for group in _GROUPS for one in group)


def document(version: str) -> dict[str, Any]:
    """The OpenAPI Object; `version` is the product's."""
    paths: dict[str, Any] = {}
    for one in operations():
        paths.setdefault(one.path, {})[one.method] = one.described()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Exposed services",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": definitions.SCHEMAS | states.SCHEMAS | insight.SCHEMAS | adoption.SCHEMAS,
            "headers": {
                name: {"description": text, "schema": {"type": "string"}}
                for name, text in _HEADERS.items()
            },
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The administrator's name and password.",
                },
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of an OpenID Connect issuer, if any is set.",
                },
            },
        },
    }
