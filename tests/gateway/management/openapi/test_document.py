"""The document against the application: its routes, and what it answers to whatever fits or not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.management.openapi.document import LEFT_OUT, document, operations

Client = TestClient[Any, Any]

ADMIN = {"Authorization": encode_basic_auth("oscar", "secret")}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    ignored_auth,
]
EXAMPLES = 4
"""Of each call, in each mode; the same ones in every run."""


async def test_every_route_is_described_and_nothing_else(anyone: Client) -> None:
    """A call that is added is declared in a file of `openapi`, and in `document`."""
    assert isinstance(anyone.server.app, web.Application)  # type: ignore[attr-defined]
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in anyone.server.app.router.routes()  # type: ignore[attr-defined]
        if route.resource is not None and route.method not in ("*", "HEAD")  # * answers 501
    }
    assert {(one.method, one.path) for one in operations()} == routes - LEFT_OUT
    assert routes >= LEFT_OUT


async def test_the_document_is_read_without_credentials(anyone: Client) -> None:
    answer = await anyone.get("/system/openapi.json")
    told = json.loads(await answer.text())
    assert (answer.status, told["openapi"]) == (200, "3.1.0")
    assert told == document(told["info"]["version"])


async def test_no_other_method_of_a_described_path_is_a_failure(admin: Client) -> None:
    """What tries the document tries them too; 501 is for paths that are not in it."""
    described = {(one.method, one.path) for one in operations()}
    for path in {path for _, path in described}:
        for method in ("put", "post", "delete", "patch", "trace"):
            if (method, path) not in described:
                answer = await admin.request(method, path.replace("{name}", "nothing"))
                assert answer.status in (404, 405), (method, path)


def test_every_call_has_a_name_of_its_own() -> None:
    names = [one.described()["operationId"] for one in operations()]
    assert len(set(names)) == len(names)


def probe(operation: Any, mode: GenerationMode) -> None:
    """Send what fits the description, or what does not, and compare the answers with it; half of
    the calls are about a service that there is."""

    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    def run(case: schemathesis.Case[Any], known: bool) -> None:
        if known and "name" in case.path_parameters:
            case.path_parameters["name"] = "ocr"
        case.call_and_validate(headers=ADMIN, checks=CHECKS)

    run()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_answers_are_as_described(
    anyone: Client, admin: Client, body: dict[str, Any], mode: GenerationMode
) -> None:
    assert (await admin.post("/system/services", json=body)).status == 201
    schema = schemathesis.openapi.from_dict(document("0"))
    schema.config.update(base_url=str(anyone.make_url("/")).rstrip("/"))
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        if mode is GenerationMode.POSITIVE or operation.body or list(operation.iter_parameters()):
            await asyncio.to_thread(probe, operation, mode)
