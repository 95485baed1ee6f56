"""One call of the API, in the few words that tell it from the others, and as OpenAPI has it. Pure.

The files of this room declare calls by `Operation`; `document` puts them together. What all calls
share (who may call, what is refused before a call is looked at) is said here, once. Source: OpenAPI
Specification 3.1, https://spec.openapis.org/oas/v3.1.1.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Json = dict[str, Any]
Method = Literal["get", "post", "put", "delete"]

TEXT: Final = "text/plain"
JSON: Final = "application/json"

_GUARDED: Final = (400, 401, 403, 429, 500, 503)
"""What every call with credentials may answer."""
_REFUSALS: Final = {
    400: "The request is wrong; the text says where, one line a problem.",
    401: "No credentials, or wrong ones; `WWW-Authenticate` says which are asked for.",
    403: "The caller may not do this, or a page of another origin sent it.",
    404: "There is no such service (empty), or nothing at this path.",
    408: "The body did not come in time.",
    409: "The cluster refuses it for what is there already.",
    413: "The body is longer than may be.",
    429: "Too many attempts with wrong credentials; wait as `Retry-After` says.",
    500: "The cluster refused, or a stored definition is wrong; the text says what to do.",
    503: "The cluster does not answer; try again as `Retry-After` says.",
}
_HEADERS: Final[Mapping[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_NAME: Final = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "Name of a service.",
    "schema": {"type": "string", "pattern": "^[a-z]([-a-z0-9]{0,37}[a-z0-9])?$"},
}
_PATH: Final = {"name": _NAME}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answers when it succeeds."""

    description: str
    schema: str | Json = ""
    """Name of a schema of `schemas`, or a schema; without one the body is empty."""
    media: str = JSON
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter in the query, which may be left out."""

    name: str
    description: str
    schema: Json = field(default_factory=lambda: {"type": "string"})


FLAG: Final[Json] = {"type": "string", "enum": ["true", "false"], "default": "false"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: Method
    path: str
    """As the application's route has it; `{name}` is known."""
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    query: tuple[Query, ...] = ()
    body: str = ""
    """Name of the schema of the JSON that is sent."""
    refusals: tuple[int, ...] = ()
    """Statuses of refusals besides those of all calls."""
    is_open: bool = False
    """Whether it is answered without credentials."""

    def described(self) -> Json:
        """The Operation Object."""
        parameters = [_PATH[name] for name in re.findall(r"{(\w+)}", self.path)]
        parameters += [_parameter(one) for one in self.query]
        told: Json = {
            "tags": [self.tag],
            "operationId": self._id(),
            "summary": self.summary,
            "responses": self._responses(),
        }
        if self.description:
            told["description"] = self.description
        if parameters:
            told["parameters"] = parameters
        if self.body:
            told["requestBody"] = {
                "required": True,
                "description": "Read as JSON whatever its Content-Type says.",
                "content": {JSON: {"schema": _reference(self.body)}},
            }
        if self.is_open:
            told["security"] = []
        return told

    def _id(self) -> str:
        words = re.findall(r"[a-zA-Z]+", self.path)
        return "_".join([self.method, *words])

    def _responses(self) -> Json:
        codes = {*self.refusals, *(() if self.is_open else _GUARDED)}
        told = {str(status): _answered(answer) for status, answer in self.answers.items()}
        told |= {str(code): _refused(code) for code in sorted(codes) if code not in self.answers}
        return dict(sorted(told.items()))


def _parameter(query: Query) -> Json:
    return {
        "name": query.name,
        "in": "query",
        "description": query.description,
        "schema": query.schema,
    }


def _answered(answer: Answer) -> Json:
    told: Json = {"description": answer.description}
    if answer.schema:
        schema = answer.schema
        shape = _reference(schema) if isinstance(schema, str) else schema
        told["content"] = {answer.media: {"schema": shape}}
    if answer.headers:
        told["headers"] = _headers(answer.headers)
    return told


def _refused(code: int) -> Json:
    told: Json = {
        "description": _REFUSALS[code],
        "content": {TEXT: {"schema": {"type": "string"}}},
    }
    if code in _HEADERS:
        told["headers"] = _headers(_HEADERS[code])
    return told


def _headers(names: tuple[str, ...]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
