"""adopt: what it sends and what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from tests.shared.cli.conftest import Cli, FakeApi

STEPS = ["mark ConfigMap one as being taken over", "take the mark away"]
LEFT = ["Ingress one-ing: still leads to the service"]


@pytest.fixture
def asked(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries of the calls; the first finds something to do, others do not."""
    queries: list[str] = []

    async def adopt(request: web.Request) -> web.Response:
        queries.append(f"{request.match_info['action']}?{request.query_string}")
        first = len(queries) == 1
        told: dict[str, Any] = {"service_name": "one", "dry_run": "dry_run" in request.query}
        told |= {"steps": STEPS if first else [], "left": LEFT if first else []}
        return web.json_response(told)

    monkeypatch.setattr(api, "_answer", adopt)
    api.services["one"] = {"name": "one"}
    return queries


def test_the_steps_are_told_and_what_stays(cli: Cli, asked: list[str]) -> None:
    result = cli("adopt", "one")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        *(f"  {step}" for step in STEPS),
        f"  stays: {LEFT[0]}",
        "service/one adopted",
    ]
    assert cli("adopt", "one", "--remove-hpa").output == "service/one is ours already\n"
    assert json.loads(cli("adopt", "service/one", "-o", "json").output)["steps"] == []
    assert asked == ["adopt?", "adopt?remove_hpa=true", "adopt?"]


def test_all_options_are_sent_and_a_dry_run_says_so(cli: Cli, asked: list[str]) -> None:
    result = cli("adopt", "one", "--dry-run", "--remove-hpa", "--remove-ingress")
    assert result.output.splitlines()[-1] == "service/one would be adopted"
    assert asked == ["adopt?dry_run=true&remove_hpa=true&remove_ingress=true"]


def test_a_missing_service_is_told(cli: Cli) -> None:
    result = cli("adopt", "none")
    assert result.exit_code == 1
    assert "there is no service 'none'" in result.output
